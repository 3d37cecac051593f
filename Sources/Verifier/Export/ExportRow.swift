public import Crypto

/// One matched entry as the renderings show it.
public enum ExportRow {
    /// The columns of both renderings.
    public static let columns = [
        "index", "recorded_at", "occurred_at", "type", "stream", "version", "actor", "actor_kind", "roles",
        "credential",
        "address", "outcome", "severity", "subject", "event_id", "entry_hash", "payload",
    ]

    /// The first line of `entries.csv`.
    public static let csvHeader = Array((columns.map { "\"\($0)\"" }.joined(separator: ",") + "\r\n").utf8)

    /// Appends a record of RFC 4180: every field quoted, CRLF at the end.
    public static func writeCSV(_ facts: EnvelopeFacts, index: UInt64, hash: Digest, into bytes: inout [UInt8]) {
        var separator = "\""
        forEachCell(facts, index: index, hash: hash) { cell in
            bytes += separator.utf8
            separator = "\",\""
            quote(cell, into: &bytes)
        }
        bytes += "\"\r\n".utf8
    }

    /// Appends a field with every quote doubled.
    private static func quote(_ cell: ArraySlice<UInt8>, into bytes: inout [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * cell.count) { text in
            var count = 0
            for byte in cell {
                unsafe text[count] = byte
                count += 1
                guard byte == UInt8(ascii: "\"") else { continue }
                unsafe text[count] = byte
                count += 1
            }
            unsafe bytes.append(contentsOf: text[..<count])
        }
    }

    /// Appends a row of the table in `report.html`.
    public static func writeHTML(_ facts: EnvelopeFacts, index: UInt64, hash: Digest, into bytes: inout [UInt8]) {
        bytes += "<tr>".utf8
        forEachCell(facts, index: index, hash: hash) { cell in
            bytes += "<td>".utf8
            HTMLText.write(cell, into: &bytes)
            bytes += "</td>".utf8
        }
        bytes += "</tr>\n".utf8
    }

    private static let before: [EnvelopeFacts.Field] = [
        .recordedAt, .occurredAt, .type, .stream, .version, .actor, .actorKind, .roles, .credential, .address, .outcome,
        .severity, .subject, .id,
    ]

    private static func forEachCell(
        _ facts: EnvelopeFacts, index: UInt64, hash: Digest, _ body: (ArraySlice<UInt8>) -> Void
    ) {
        body(Array(String(index).utf8)[...])
        for field in before { body(facts.text(field)) }
        body(Array(hash.hex.utf8)[...])
        body(facts.token(.payload))
    }
}

/// Text in a page.
enum HTMLText {
    /// Appends text with the five characters escaped that HTML means something by, and control characters, also those
    /// that turn the direction of writing, replaced by U+FFFD.
    static func write(_ text: ArraySlice<UInt8>, into bytes: inout [UInt8]) {
        guard text.contains(where: isSpecial) else {
            bytes += text
            return
        }
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"": bytes += "&quot;".utf8
            case "'": bytes += "&#39;".utf8
            case _ where isControl(scalar): bytes += "\u{FFFD}".utf8
            default: bytes += UTF8.encode(scalar).map { Array($0) } ?? []
            }
        }
    }

    static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        write(Array(text.utf8)[...], into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, 0x7F..., UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""),
            UInt8(ascii: "'"):
            true
        default: false
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

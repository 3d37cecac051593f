public import Crypto

/// Where an entry stands in its stream and in time, read from the bytes of its envelope without taking the rest apart.
///
/// For verification at scale: about twenty times as fast as `Envelope(parsing:)`, which alone decides whether an envelope
/// is one. Of anything but canonical JSON it may say something else, but it never reads beyond the bytes.
public struct EnvelopeSkim: Hashable, Sendable {
    public let stream: String
    public let version: UInt64
    /// The digest of the envelope before it in the stream; nil at version 0.
    public let previous: Digest?
    public let recordedAt: Timestamp

    /// Skims an envelope.
    ///
    /// - Throws: `.canonical` when the bytes are no object, `.field` when one of the four fields is missing or impossible.
    public init(_ envelope: Span<UInt8>) throws(LedgerError) {
        var scanner = FieldScanner()
        let previous = try scanner.value(of: "previous", in: envelope)
        let recordedAt = try scanner.value(of: "recorded_at", in: envelope)
        let stream = try scanner.value(of: "stream", in: envelope)
        let version = try scanner.value(of: "version", in: envelope)
        guard let time = Timestamp(envelope.extracting(Self.inside(recordedAt, of: envelope))) else {
            throw LedgerError(.field, "recorded_at")
        }
        guard let number = UInt64(canonicalDecimal: Self.text(version, of: envelope)) else {
            throw LedgerError(.field, "version")
        }
        (self.recordedAt, self.version) = (time, number)
        self.stream = Self.text(Self.inside(stream, of: envelope), of: envelope)
        self.previous = Digest(hexDigits: envelope.extracting(Self.inside(previous, of: envelope)))
        guard !self.stream.isEmpty, (self.previous == nil) == (number == 0) else {
            throw LedgerError(.field, "previous")
        }
    }

    /// Where the text of a string stands that has no escapes; nowhere for any other value.
    private static func inside(_ range: Range<Int>, of bytes: Span<UInt8>) -> Range<Int> {
        let isString = range.count >= 2 && bytes[range.lowerBound] == UInt8(ascii: "\"")
        return isString ? range.lowerBound + 1..<range.upperBound - 1 : range.lowerBound..<range.lowerBound
    }

    private static func text(_ range: Range<Int>, of bytes: Span<UInt8>) -> String {
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// Finds the values of an object's fields, asked for in the order in which canonical JSON has them.
private struct FieldScanner {
    private var position = 0

    /// The bytes of the value of a field that stands at or after where the last one was found.
    mutating func value(of name: StaticString, in bytes: Span<UInt8>) throws(LedgerError) -> Range<Int> {
        while true {
            // Before each field stands the brace that opens the object, or the comma after the last one.
            guard position < bytes.count, bytes[position] == UInt8(ascii: position == 0 ? "{" : ",") else {
                throw LedgerError(.field, "\(name)")
            }
            position += 1
            let key = position
            try skipString(bytes)
            let isWanted = Self.equals(bytes, key + 1..<position - 1, name)
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw LedgerError(.canonical) }
            position += 1
            let start = position
            try skipValue(bytes)
            if isWanted { return start..<position }
        }
    }

    private static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { utf8 in
            for offset in 0..<range.count where unsafe utf8[offset] != bytes[range.lowerBound + offset] { return false }
            return true
        }
    }

    /// Moves behind a string.
    private mutating func skipString(_ bytes: Span<UInt8>) throws(LedgerError) {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw LedgerError(.canonical) }
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        throw LedgerError(.canonical)
    }

    /// Moves behind a value of any kind.
    private mutating func skipValue(_ bytes: Span<UInt8>) throws(LedgerError) {
        var depth = 0
        repeat {
            guard position < bytes.count else { throw LedgerError(.canonical) }
            switch bytes[position] {
            case UInt8(ascii: "\""): try skipString(bytes)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                position += 1
            default: skipWord(bytes)
            }
        } while depth > 0
    }

    /// Moves behind a number, `true`, `false` or `null`, and at least one byte.
    private mutating func skipWord(_ bytes: Span<UInt8>) {
        repeat { position += 1 } while position < bytes.count && !Self.isMark(bytes[position])
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }
}

import CanonicalJSON

/// What an export shows of an envelope and filters by, found in its canonical bytes.
///
/// Nothing is checked here: the bytes were parsed strictly before, or are those that the log itself has signed.
public struct EnvelopeFacts: Sendable {
    /// A field of an envelope, or of its actor.
    public enum Field: Int, Sendable {
        case recordedAt, occurredAt, type, stream, version, actor, actorKind, roles, credential, address, outcome
        case severity, subject, id, payload
    }

    private let bytes: [UInt8]
    private var ranges = [15 of Range<Int>](repeating: 0..<0)

    public init(_ envelope: [UInt8]) {
        bytes = envelope
        let span = envelope.span
        var found = ranges
        CanonicalMembers.forEach(in: span, 0..<span.count) { key, value in
            if let field = Self.field(span, key) {
                found[field.rawValue] = value
            } else if CanonicalMembers.isEqual(span, key, "actor") {
                CanonicalMembers.forEach(in: span, value) { key, value in
                    if let field = Self.actorField(span, key) { found[field.rawValue] = value }
                }
            }
        }
        ranges = found
    }

    /// The field as canonical JSON spells it; empty when it is absent.
    public func token(_ field: Field) -> ArraySlice<UInt8> { bytes[ranges[field.rawValue]] }

    /// The field as text: a string without quotes and escapes, a list separated by blanks, anything else as it is spelled.
    func text(_ field: Field) -> ArraySlice<UInt8> {
        let token = token(field)
        switch token.first {
        case UInt8(ascii: "\""): return Self.unquoted(token)
        case UInt8(ascii: "["):
            var text: [UInt8] = []
            CanonicalMembers.forEachElement(in: bytes.span, ranges[field.rawValue]) { element in
                if !text.isEmpty { text.append(UInt8(ascii: " ")) }
                text += Self.unquoted(bytes[element])
            }
            return text[...]
        default: return token
        }
    }

    /// A member of the payload, or of an object in it, as canonical JSON spells it; empty when it is absent.
    func payloadMember(_ path: StaticString...) -> ArraySlice<UInt8> {
        let span = bytes.span
        var range = ranges[Field.payload.rawValue]
        for name in path {
            var found = 0..<0
            CanonicalMembers.forEach(in: span, range) { key, value in
                if CanonicalMembers.isEqual(span, key, name) { found = value }
            }
            range = found
        }
        return bytes[range]
    }

    private static func unquoted(_ token: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard token.contains(UInt8(ascii: "\\")) else { return token.dropFirst().dropLast() }
        guard let value = try? JSONValue.parse(Array(token)) else { return token }  // checked before
        return Array((value.stringValue ?? "").utf8)[...]
    }

    private static func field(_ bytes: Span<UInt8>, _ key: Range<Int>) -> Field? {
        // By the length first, since that tells most keys apart.
        switch key.count {
        case 2: CanonicalMembers.isEqual(bytes, key, "id") ? .id : nil
        case 4: CanonicalMembers.isEqual(bytes, key, "type") ? .type : nil
        case 6: CanonicalMembers.isEqual(bytes, key, "stream") ? .stream : nil
        case 7:
            CanonicalMembers.isEqual(bytes, key, "version")
                ? .version
                : CanonicalMembers.isEqual(bytes, key, "payload")
                    ? .payload
                    : CanonicalMembers.isEqual(bytes, key, "outcome")
                        ? .outcome : CanonicalMembers.isEqual(bytes, key, "subject") ? .subject : nil
        case 8: CanonicalMembers.isEqual(bytes, key, "severity") ? .severity : nil
        case 11:
            CanonicalMembers.isEqual(bytes, key, "recorded_at")
                ? .recordedAt : CanonicalMembers.isEqual(bytes, key, "occurred_at") ? .occurredAt : nil
        default: nil
        }
    }

    private static func actorField(_ bytes: Span<UInt8>, _ key: Range<Int>) -> Field? {
        switch key.count {
        case 2: CanonicalMembers.isEqual(bytes, key, "id") ? .actor : nil
        case 4: CanonicalMembers.isEqual(bytes, key, "kind") ? .actorKind : nil
        case 5: CanonicalMembers.isEqual(bytes, key, "roles") ? .roles : nil
        case 7: CanonicalMembers.isEqual(bytes, key, "address") ? .address : nil
        case 10: CanonicalMembers.isEqual(bytes, key, "credential") ? .credential : nil
        default: nil
        }
    }
}

import CanonicalJSON

/// The few facts of an envelope by which a store finds its entry.
public struct EnvelopeColumns: Hashable, Sendable {
    public let id: String
    public let stream: String
    public let type: String
    public let version: UInt64
    public let recordedAt: Timestamp
    /// The id of who acted.
    public let actor: String
    public let idempotency: Envelope.Idempotency?

    public init(_ envelope: Envelope) {
        (id, stream, type, version) = (envelope.id, envelope.stream, envelope.type, envelope.version)
        (recordedAt, actor, idempotency) = (envelope.recordedAt, envelope.actor.id, envelope.idempotency)
    }

    /// Skims an envelope that was read whole before, as restoring a backup does.
    ///
    /// `Envelope(parsing:)` alone decides whether an envelope is one.
    ///
    /// - Throws: `.field` when a field is missing or of another kind.
    public init(skimming bytes: [UInt8]) throws(LedgerError) {
        if let skim = Self.skim(bytes) { self = skim } else { self.init(try Envelope(parsing: bytes)) }
    }

    private init(
        id: String, stream: String, type: String, version: UInt64, recordedAt: Timestamp, actor: String,
        idempotency: Envelope.Idempotency?
    ) {
        (self.id, self.stream, self.type, self.version) = (id, stream, type, version)
        (self.recordedAt, self.actor, self.idempotency) = (recordedAt, actor, idempotency)
    }

    /// Nil when something is missing, or a text has escapes.
    private static func skim(_ bytes: [UInt8]) -> Self? {
        let span = bytes.span
        func value(_ name: StaticString, in object: Range<Int>) -> Range<Int> {
            var found = 0..<0
            CanonicalMembers.forEach(in: span, object) { key, value in
                if CanonicalMembers.isEqual(span, key, name) { found = value }
            }
            return found
        }
        var (actor, id, key, recordedAt, stream, type, version) = (0..<0, 0..<0, 0..<0, 0..<0, 0..<0, 0..<0, 0..<0)
        CanonicalMembers.forEach(in: span, 0..<span.count) { name, value in
            // By the length first, since that tells most keys apart.
            switch name.count {
            case 2 where CanonicalMembers.isEqual(span, name, "id"): id = value
            case 4 where CanonicalMembers.isEqual(span, name, "type"): type = value
            case 5 where CanonicalMembers.isEqual(span, name, "actor"): actor = value
            case 6 where CanonicalMembers.isEqual(span, name, "stream"): stream = value
            case 7 where CanonicalMembers.isEqual(span, name, "version"): version = value
            case 11 where CanonicalMembers.isEqual(span, name, "idempotency"): key = value
            case 11 where CanonicalMembers.isEqual(span, name, "recorded_at"): recordedAt = value
            default: break
            }
        }
        guard let id = text(bytes, id), let stream = text(bytes, stream), let type = text(bytes, type),
            let actor = text(bytes, value("id", in: actor)),
            let time = text(bytes, recordedAt).flatMap(Timestamp.init),
            let version = UInt64(canonicalDecimal: String(decoding: bytes[version], as: UTF8.self))
        else { return nil }
        var idempotency: Envelope.Idempotency?
        if !key.isEmpty {
            guard let name = text(bytes, value("key", in: key)), let request = text(bytes, value("request", in: key))
            else { return nil }
            idempotency = .init(key: name, request: request)
        }
        return Self(
            id: id, stream: stream, type: type, version: version, recordedAt: time, actor: actor,
            idempotency: idempotency)
    }

    /// A string without escapes; nil for everything else.
    private static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String? {
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inside = bytes[range.lowerBound + 1..<range.upperBound - 1]
        return inside.contains(UInt8(ascii: "\\")) ? nil : String(validating: inside, as: UTF8.self)
    }
}

extension Envelope {
    /// The type that an envelope names, skimmed from its canonical bytes; nil when there is none.
    public static func type(skimming bytes: Span<UInt8>) -> String? {
        var type: String?
        // Only the version comes behind it.
        CanonicalMembers.forEachFromEnd(in: bytes, 0..<bytes.count) { key, value in
            guard CanonicalMembers.isEqual(bytes, key, "type") else {
                return CanonicalMembers.isEqual(bytes, key, "version")
            }
            let text = unsafe bytes.extracting(value).withUnsafeBufferPointer {
                unsafe String(decoding: $0, as: UTF8.self)
            }
            if text.utf8.first == UInt8(ascii: "\"") { type = String(text.dropFirst().dropLast()) }
            return false
        }
        return type
    }
}

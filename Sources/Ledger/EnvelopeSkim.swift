import CanonicalJSON
public import Crypto

/// Where an entry stands in its stream and in time, read from the bytes of its envelope without taking the rest apart.
///
/// For verification at scale. `Envelope(parsing:)` alone decides whether an envelope is one: of anything but canonical JSON
/// a skim may say something else, but it never reads beyond the bytes.
public struct EnvelopeSkim: Hashable, Sendable {
    /// The digest of the name, as canonical JSON spells it, without the quotes.
    public let stream: Digest
    public let version: UInt64
    /// The digest of the envelope before it in the stream; nil at version 0.
    public let previous: Digest?
    public let recordedAt: Timestamp

    /// Skims an envelope.
    ///
    /// - Throws: `.field` when one of the four fields is missing or impossible.
    public init(_ envelope: Span<UInt8>) throws(LedgerError) {
        var (previous, recordedAt, stream, version) = (0..<0, 0..<0, 0..<0, 0..<0)
        // Keys are sorted, and what is looked for stands behind the payload, which is most of an envelope.
        CanonicalMembers.forEachFromEnd(in: envelope, 0..<envelope.count) { key, value in
            // By the length first, since that tells most keys apart.
            switch key.count {
            case 6 where CanonicalMembers.isEqual(envelope, key, "stream"): stream = value
            case 7 where CanonicalMembers.isEqual(envelope, key, "version"): version = value
            case 8 where CanonicalMembers.isEqual(envelope, key, "previous"):
                previous = value
                return false
            case 11 where CanonicalMembers.isEqual(envelope, key, "recorded_at"): recordedAt = value
            default: break
            }
            return true
        }
        guard let time = Timestamp(envelope.extracting(Self.inside(recordedAt, of: envelope))) else {
            throw LedgerError(.field, "recorded_at")
        }
        guard let number = UInt64(canonicalDecimal: Self.text(version, of: envelope)) else {
            throw LedgerError(.field, "version")
        }
        (self.recordedAt, self.version) = (time, number)
        let name = Self.inside(stream, of: envelope)
        self.stream = SHA256.hash(envelope.extracting(name))
        self.previous = Digest(hexDigits: envelope.extracting(Self.inside(previous, of: envelope)))
        guard !name.isEmpty else { throw LedgerError(.field, "stream") }
        guard !previous.isEmpty, (self.previous == nil) == (number == 0) else { throw LedgerError(.field, "previous") }
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

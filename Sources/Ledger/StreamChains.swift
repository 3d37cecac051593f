public import Crypto

/// The ends of streams, to see that each entry follows the one before it.
///
/// By the SHA-256 of their names, which has one size: a long log has hundreds of thousands of streams.
public struct StreamChains: Sendable {
    struct End: Hashable, Sendable {
        let version: UInt64
        /// Of the envelope.
        let digest: Digest
    }

    private(set) var ends: [Digest: End] = [:]
    /// Whether the first entry of a stream that is seen must be its first at all.
    private let beginsAtZero: Bool

    /// Begins before the first entry of a log, or somewhere in it.
    public init(beginsAtZero: Bool = true) { self.beginsAtZero = beginsAtZero }

    /// Makes room for so many streams at once, since growing step by step moves every stream again and again.
    mutating func reserve(_ count: Int) { ends.reserveCapacity(count) }

    /// Goes on from ends that were kept.
    init(ends: [Digest: End]) { (self.ends, beginsAtZero) = (ends, true) }

    /// Takes the next entry of a stream, by the digest of its name; `digest` is that of its envelope.
    ///
    /// - Throws: `.streamOrder` unless its version is the next, `.previous` unless it names its predecessor's digest.
    mutating func accept(
        _ stream: Digest, version: UInt64, previous: Digest?, digest: Digest, at index: UInt64
    ) throws(LedgerFinding) {
        // Looked up once, since a long log has hundreds of thousands of streams.
        let end = ends.updateValue(End(version: version, digest: digest), forKey: stream)
        guard end != nil || beginsAtZero else { return }
        let due = end.map { $0.version + 1 } ?? 0
        guard version == due else {
            ends[stream] = end
            throw LedgerFinding(
                .streamOrder, at: index, "The entry has version \(version) where \(due) is due in its stream.")
        }
        guard previous == end?.digest else {
            ends[stream] = end
            throw LedgerFinding(.previous, at: index, "The entry follows another one in its stream than it names.")
        }
    }
}

extension StreamChains {
    /// What a stream is known by here.
    static func name(_ stream: String) -> Digest { SHA256.hash(Array(stream.utf8)) }

    /// Takes the next entry of its stream, by its envelope and that envelope's digest.
    ///
    /// - Throws: as above.
    public mutating func accept(_ envelope: Envelope, digest: Digest, at index: UInt64) throws(LedgerFinding) {
        try accept(
            Self.name(envelope.stream), version: envelope.version, previous: envelope.previous, digest: digest,
            at: index)
    }
}

import Crypto

/// The order of a whole log: each entry follows in its stream, and none was recorded before the one ahead of it.
struct EntryOrder: Sendable {
    private(set) var chains: StreamChains
    /// When the last entry was recorded, in microseconds since 1970.
    private(set) var lastRecordedAt: Int64

    /// Begins before the first entry, or goes on from what was kept.
    init(chains: StreamChains = StreamChains(), lastRecordedAt: Int64 = 0) {
        (self.chains, self.lastRecordedAt) = (chains, lastRecordedAt)
    }

    /// Makes room for so many streams.
    mutating func reserve(_ streams: Int) { chains.reserve(streams) }

    /// Takes the next entry of the log, by the digest of its stream's name; `digest` is that of its envelope.
    ///
    /// - Throws: what `StreamChains` throws, `.time` when it was recorded before the last one.
    mutating func accept(
        _ stream: Digest, version: UInt64, previous: Digest?, recordedAt: Timestamp, digest: Digest, at index: UInt64
    ) throws(LedgerFinding) {
        guard recordedAt.microseconds >= lastRecordedAt else {
            throw LedgerFinding(.time, at: index, "The entry was recorded before its predecessor.")
        }
        try chains.accept(stream, version: version, previous: previous, digest: digest, at: index)
        lastRecordedAt = recordedAt.microseconds
    }
}

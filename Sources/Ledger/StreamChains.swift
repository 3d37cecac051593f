import Crypto

/// The ends of all streams of a log, and when it was last written to: what the next entry must follow.
struct StreamChains: Sendable {
    struct End: Hashable, Sendable {
        let version: UInt64
        /// Of the envelope.
        let digest: Digest
    }

    private(set) var ends: [String: End] = [:]
    /// When the last entry was recorded, in microseconds since 1970.
    private(set) var lastRecordedAt: Int64 = 0

    init() {}

    /// Goes on where `encode` ended.
    init(ends: [String: End], lastRecordedAt: Int64) { (self.ends, self.lastRecordedAt) = (ends, lastRecordedAt) }

    /// Takes the next entry of the log.
    ///
    /// - Throws: unless its version is the next of its stream, it names its predecessor's digest, and it was not recorded
    ///   before the last one.
    mutating func accept(
        _ stream: String, version: UInt64, previous: Digest?, recordedAt: Timestamp, digest: Digest, at index: UInt64
    ) throws(LedgerFinding) {
        let end = ends.updateValue(End(version: version, digest: digest), forKey: stream)
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
        guard recordedAt.microseconds >= lastRecordedAt else {
            ends[stream] = end
            throw LedgerFinding(.time, at: index, "The entry was recorded before its predecessor.")
        }
        lastRecordedAt = recordedAt.microseconds
    }
}

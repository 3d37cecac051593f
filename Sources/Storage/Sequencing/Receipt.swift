public import Crypto

/// What an acknowledged command holds: durable, signed, and provable against the checkpoint.
public struct Receipt: Sendable {
    /// One recorded event.
    public struct Recorded: Hashable, Sendable {
        public let index: UInt64
        public let eventID: String
        public let entryHash: Digest
        public let bytes: [UInt8]

        public init(index: UInt64, eventID: String, entryHash: Digest, bytes: [UInt8]) {
            (self.index, self.eventID, self.entryHash, self.bytes) = (index, eventID, entryHash, bytes)
        }
    }

    public let events: [Recorded]
    /// The signed note over the batch that holds the events.
    public let checkpoint: String
    /// Whether the command had been recorded before, so that nothing new was.
    public let isRepetition: Bool
}

public import Crypto
import Ledger

/// The state of a log after its last committed batch, as its own row in the store.
public struct Head: Hashable, Sendable {
    /// How many entries there are; the next index.
    public var size: UInt64
    /// The RFC 6962 root over them.
    public var root: Digest
    /// How many of them are control events.
    public var epoch: UInt64
    /// When the last entry was recorded, in microseconds since 1970; it never goes back.
    public var recordedAt: Int64

    public init(size: UInt64, root: Digest, epoch: UInt64, recordedAt: Int64) {
        (self.size, self.root, self.epoch, self.recordedAt) = (size, root, epoch, recordedAt)
    }

    /// A log before its first entry.
    public static let empty = Head(size: 0, root: Merkle.emptyRoot, epoch: 0, recordedAt: 0)
}

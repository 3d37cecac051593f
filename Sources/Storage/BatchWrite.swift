public import Ledger

/// Everything that one batch adds to a log; it is committed whole or not at all.
public struct BatchWrite: Sendable {
    public var entries: [StoredEntry]
    /// The tiles that the batch changed, complete.
    public var tiles: [HashTile]
    public var idempotency: [IdempotencyRecord]
    /// The state after the batch.
    public var head: Head

    public init(entries: [StoredEntry], tiles: [HashTile], idempotency: [IdempotencyRecord], head: Head) {
        (self.entries, self.tiles, self.idempotency, self.head) = (entries, tiles, idempotency, head)
    }
}

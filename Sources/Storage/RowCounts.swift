/// How many rows a log has of each kind, wherever they claim to belong; verification compares them with what is due.
public struct RowCounts: Equatable, Sendable {
    public let entries: Int
    public let tiles: Int
    public let idempotency: Int

    public init(entries: Int, tiles: Int, idempotency: Int) {
        (self.entries, self.tiles, self.idempotency) = (entries, tiles, idempotency)
    }
}

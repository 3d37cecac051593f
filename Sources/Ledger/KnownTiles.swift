/// Full tiles above the leaves, kept from one proof to the next: they never change, and hashing them up is most of the
/// work of a proof.
///
/// Like the stored tiles they are not trusted: only a proof that verifies under the root shows that they are the tree's.
public struct KnownTiles: Sendable {
    /// 16 KiB each; those of level 1 cover 67 million entries.
    private static let capacity = 1_024

    private(set) var trees: [TileCoordinate: TileTree] = [:]

    /// Knows none.
    public init() {}

    /// Keeps those that a proof has read.
    mutating func keep(_ read: [TileCoordinate: TileTree]) {
        for (coordinate, tree) in read where coordinate.level > 0 && coordinate.width == HashTile.width {
            if trees.count >= Self.capacity, let other = trees.keys.first { trees[other] = nil }
            trees[coordinate] = tree
        }
    }
}

public import Crypto

/// The leaves of a tree whose root is known, read from stored tiles that are not trusted.
///
/// A tile counts once it is proved: the unfinished ones make the root together, and a full one makes the hash that
/// stands for it in the tile above. Each is proved once, so that many leaves cost little more than their tiles.
public struct ProvenTiles {
    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    private let tiles: any HashTileReader
    private let size: UInt64
    private var proven: [Place: [Digest]] = [:]

    /// Proves the unfinished tiles.
    ///
    /// - Throws: `.tile` when a tile is missing, `.proof` when the tiles make another root, and whatever the reader throws.
    public init(size: UInt64, root: Digest, reading tiles: any HashTileReader) throws {
        (self.tiles, self.size) = (tiles, size)
        let frontier = try TileFrontier(size: size, reading: tiles)
        guard frontier.root == root else { throw LedgerError(.proof, "the tiles make another root") }
        for tile in frontier.partial { proven[Place(level: tile.level, index: tile.index)] = tile.hashes }
    }

    /// The hash of the leaf that the tree has at an index.
    ///
    /// - Throws: `.proof` when the tree has no such leaf or a tile is not its own, `.tile` when one is missing, and
    ///   whatever the reader throws.
    public mutating func leaf(at index: UInt64) throws -> Digest {
        guard index < size else { throw LedgerError(.proof, "no leaf \(index) in a tree of \(size)") }
        return try hashes(Place(level: 0, index: index >> 8))[Int(index & 0xFF)]
    }

    /// The hashes of a tile of the tree, as many as asked for.
    ///
    /// - Throws: `.proof` when the tree has no such tile or what is stored is not its own, `.tile` when it is missing, and
    ///   whatever the reader throws.
    public mutating func tile(_ tile: TileCoordinate) throws -> [Digest] {
        let (full, partialWidth) = TileCoordinate.tiles(level: tile.level, size: size)
        guard tile.index < full || (tile.index == full && tile.width <= partialWidth) else {
            throw LedgerError(.proof, "no tile \(tile.path) in a tree of \(size)")
        }
        return Array(try hashes(Place(level: tile.level, index: tile.index)).prefix(tile.width))
    }

    private mutating func hashes(_ place: Place) throws -> [Digest] {
        if let known = proven[place] { return known }
        // What is not proved yet is full: the tree's unfinished tiles were, at the start.
        let above = try hashes(Place(level: place.level + 1, index: place.index >> 8))
        let hashes = try tiles.digests(TileCoordinate(level: place.level, index: place.index))
        guard Merkle.perfectRoot(hashes[...]) == above[Int(place.index & 0xFF)] else {
            throw LedgerError(.proof, "tile \(place.level)/\(place.index) is not the tree's")
        }
        proven[place] = hashes
        return hashes
    }
}

public import Crypto

/// Computes roots of ranges of leaves from stored tiles, reading each tile once.
struct SubtreeHasher<Tiles: HashTileReader> {
    private let tiles: Tiles
    private let size: UInt64
    private let known: KnownTiles
    /// The tiles that were read, with what was made of them.
    private(set) var read: [TileCoordinate: TileTree] = [:]

    /// Takes the tiles and the size of the tree, which says how wide the last ones are.
    init(_ tiles: Tiles, size: UInt64, known: KnownTiles = KnownTiles()) {
        (self.tiles, self.size, self.known) = (tiles, size, known)
    }

    /// The RFC 6962 hash of a range of leaves.
    mutating func root(of range: Range<UInt64>) throws -> Digest {
        Merkle.fold(try Subtree.covering(range).map { try root(of: $0) })
    }

    private mutating func root(of subtree: Subtree) throws -> Digest {
        let coordinate = subtree.tile(size: size)
        let height = subtree.height % 8
        let index = Int(subtree.index & 0xFF >> UInt64(height))
        if var tree = known.trees[coordinate] { return tree.node(height: height, index: index) }
        if read[coordinate] == nil { read[coordinate] = TileTree(try tiles.digests(coordinate)) }
        return read[coordinate, default: TileTree([])].node(height: height, index: index)
    }
}

extension Subtree {
    /// The tile in which the hashes stand that make up the subtree's root.
    func tile(size: UInt64) -> TileCoordinate {
        let level = height / 8
        let tile = (index << UInt64(height % 8)) >> 8
        let (full, partialWidth) = TileCoordinate.tiles(level: level, size: size)
        return TileCoordinate(level: level, index: tile, width: tile < full ? HashTile.width : partialWidth)
    }
}

extension Merkle {
    /// The root of the tree of `size` leaves.
    ///
    /// - Throws: `.tile` when a tile is missing or too short, and whatever the reader throws.
    public static func root(size: UInt64, reading tiles: some HashTileReader) throws -> Digest {
        var hasher = SubtreeHasher(tiles, size: size)
        return try hasher.root(of: 0..<size)
    }
}

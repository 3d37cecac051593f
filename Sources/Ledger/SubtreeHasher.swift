public import Crypto

/// Computes roots of ranges of leaves from stored tiles, reading each tile once.
struct SubtreeHasher<Tiles: HashTileReader> {
    private let tiles: Tiles
    private let size: UInt64
    private var read: [TileCoordinate: [Digest]] = [:]

    /// Takes the tiles and the size of the tree, which says how wide the last ones are.
    init(_ tiles: Tiles, size: UInt64) { (self.tiles, self.size) = (tiles, size) }

    /// The RFC 6962 hash of a range of leaves.
    mutating func root(of range: Range<UInt64>) throws -> Digest {
        var subtrees: [Digest] = []
        for subtree in Subtree.covering(range) {
            let coordinate = subtree.tile(size: size)
            let hashes = try read[coordinate] ?? tiles.digests(coordinate)
            read[coordinate] = hashes
            let start = Int(subtree.index << UInt64(subtree.height % 8) & 0xFF)
            subtrees.append(Merkle.perfectRoot(hashes[start..<start + 1 << (subtree.height % 8)]))
        }
        return Merkle.fold(subtrees)
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

public import Crypto

/// The unfinished tiles of a tree, one for each level: all that is needed to append and to write the changed tiles.
public struct TileFrontier: Hashable, Sendable {
    /// The right edge of the same tree.
    public private(set) var edge = RightEdge()
    /// The hashes of each level's last tile, fewer than 256.
    private var levels: [[Digest]] = []

    /// The empty tree.
    public init() {}

    /// Reads the frontier of a tree of `size` leaves from its stored tiles.
    ///
    /// - Throws: `.tile` when a tile is missing or too short, and whatever the reader throws.
    public init(size: UInt64, reading tiles: some HashTileReader) throws {
        var subtrees: [Digest] = []
        for level in (0..<8).reversed() {
            let (index, width) = TileCoordinate.tiles(level: level, size: size)
            if width == 0, levels.isEmpty { continue }
            let hashes = try width == 0 ? [] : tiles.digests(TileCoordinate(level: level, index: index, width: width))
            levels.insert(hashes, at: 0)
            // The binary digits of the width are the perfect subtrees that the tile's hashes make up.
            var start = 0
            for bit in (0..<8).reversed() where width >> bit & 1 == 1 {
                subtrees.append(Merkle.perfectRoot(hashes[start..<start + 1 << bit]))
                start += 1 << bit
            }
        }
        edge = try RightEdge(size: size, hashes: subtrees)
    }

    /// How many leaves the tree has.
    public var size: UInt64 { edge.size }

    /// The root of the tree.
    public var root: Digest { edge.root }

    /// Appends leaf hashes.
    ///
    /// - Returns: every tile that changed, complete, with the hashes that it has now: those that became full in the
    ///   order in which they did, then the unfinished ones from level 0 up.
    public mutating func append(_ leaves: some Sequence<Digest>) -> [HashTile] {
        let before = size
        var changed: [HashTile] = []
        for leaf in leaves { append(leaf, completing: &changed) }
        let touched = levels.indices.prefix { before >> UInt64(8 * $0) != size >> UInt64(8 * $0) }
        return changed + unfinished(touched)
    }

    /// Appends one leaf hash and adds the tiles that it makes full.
    mutating func append(_ leaf: Digest, completing full: inout [HashTile]) {
        let next = size + 1
        edge.append(leaf) { height, hash in
            guard height.isMultiple(of: 8) else { return }
            let level = height / 8
            if level == levels.count { levels.append([]) }
            levels[level].append(hash)
            guard levels[level].count == HashTile.width else { return }
            full.append(HashTile(level: level, index: (next >> UInt64(height + 8)) - 1, hashes: levels[level]))
            levels[level].removeAll(keepingCapacity: true)
        }
    }

    /// The unfinished tiles as they are, from level 0 up.
    public var partial: [HashTile] { unfinished(levels.indices) }

    private func unfinished(_ range: Range<Int>) -> [HashTile] {
        range.filter { !levels[$0].isEmpty }.map { level in
            HashTile(level: level, index: size >> UInt64(8 * level + 8), hashes: levels[level])
        }
    }
}

extension HashTileReader {
    /// The hashes of a tile, exactly as many as asked for.
    func digests(_ coordinate: TileCoordinate) throws -> [Digest] {
        guard let bytes = try tile(level: coordinate.level, index: coordinate.index),
            bytes.count >= coordinate.width * Digest.count
        else { throw LedgerError(.tile, coordinate.path) }
        return try Digest.list(bytes.prefix(coordinate.width * Digest.count))
    }
}

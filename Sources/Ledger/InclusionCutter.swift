public import Crypto

/// Cuts inclusion proofs of many leaves of one tree from stored tiles that are not trusted.
///
/// Like `ProvenTiles` it proves each tile once; besides it keeps the nodes within the tiles, so that a proof is looked up
/// rather than hashed. Of the lowest level it keeps only the last tile: leaves are best asked for in ascending order.
public struct InclusionCutter: Sendable {
    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    /// The nodes of one tile: at height h the hashes of its perfect subtrees of 2^h hashes.
    private struct Nodes {
        var heights: [[Digest]]

        init(_ hashes: [Digest]) {
            heights = [hashes]
            while let last = heights.last, last.count > 1 {
                heights.append(
                    stride(from: 0, to: last.count - 1, by: 2).map { Merkle.nodeHash(last[$0], last[$0 + 1]) })
            }
        }
    }

    /// The size of the tree.
    public let size: UInt64
    private var nodes: [Place: Nodes] = [:]
    /// The full tile of the lowest level that was used last.
    private var leafTile: UInt64?
    /// Roots of ranges that end where the tree ends and are no perfect subtrees, by where they begin.
    private var ragged: [UInt64: Digest] = [:]

    /// Proves the unfinished tiles.
    ///
    /// - Throws: `.tile` when a tile is missing, `.proof` when the tiles make another root, and whatever the reader throws.
    public init(size: UInt64, root: Digest, reading tiles: some HashTileReader) throws {
        self.size = size
        let frontier = try TileFrontier(size: size, reading: tiles)
        guard frontier.root == root else { throw LedgerError(.proof, "the tiles make another root") }
        for tile in frontier.partial { nodes[Place(level: tile.level, index: tile.index)] = Nodes(tile.hashes) }
    }

    /// The leaf hash at an index, and its inclusion proof.
    ///
    /// - Throws: `.proof` when the tree has no such leaf or a tile is not its own, `.tile` when one is missing, and
    ///   whatever the reader throws.
    public mutating func proof(
        of index: UInt64, reading tiles: some HashTileReader
    ) throws -> (leaf: Digest, proof: InclusionProof) {
        guard index < size else { throw LedgerError(.proof, "no leaf \(index) in a tree of \(size)") }
        let leaf = try node(Subtree(height: 0, index: index), tiles)
        var hashes: [Digest] = []
        for range in Subtree.inclusionPath(index: index, size: size) {
            let count = range.upperBound - range.lowerBound
            if count.nonzeroBitCount == 1 {
                let height = count.trailingZeroBitCount
                hashes.append(
                    try node(Subtree(height: height, index: range.lowerBound >> UInt64(height)), tiles))
            } else if let known = ragged[range.lowerBound] {
                hashes.append(known)
            } else {
                let root = Merkle.fold(try Subtree.covering(range).map { try node($0, tiles) })
                ragged[range.lowerBound] = root
                hashes.append(root)
            }
        }
        return (leaf, InclusionProof(index: index, size: size, hashes: hashes))
    }

    private mutating func node(_ subtree: Subtree, _ tiles: some HashTileReader) throws -> Digest {
        let (level, height) = (subtree.height / 8, subtree.height % 8)
        let first = subtree.index << UInt64(height)
        let tile = try self.tile(Place(level: level, index: first >> 8), tiles)
        let position = Int(first & 0xFF) >> height
        guard height < tile.heights.count, position < tile.heights[height].count else {
            throw LedgerError(.proof, "no node \(subtree.height)/\(subtree.index)")
        }
        return tile.heights[height][position]
    }

    private mutating func tile(_ place: Place, _ tiles: some HashTileReader) throws -> Nodes {
        if let known = nodes[place] { return known }
        // What is not proved yet is full: the tree's unfinished tiles were, at the start.
        let above = try tile(Place(level: place.level + 1, index: place.index >> 8), tiles)
        let read = Nodes(try tiles.digests(TileCoordinate(level: place.level, index: place.index)))
        let position = Int(place.index & 0xFF)
        guard position < above.heights[0].count, read.heights.last == [above.heights[0][position]] else {
            throw LedgerError(.proof, "tile \(place.level)/\(place.index) is not the tree's")
        }
        if place.level == 0 {
            if let leafTile { nodes[Place(level: 0, index: leafTile)] = nil }
            leafTile = place.index
        }
        nodes[place] = read
        return read
    }
}

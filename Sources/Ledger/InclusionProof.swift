public import Crypto

/// Proves that an entry is leaf `index` of the tree of `size` leaves (RFC 6962 section 2.1.1).
public struct InclusionProof: Hashable, Sendable {
    public let index: UInt64
    public let size: UInt64
    /// The leaf's sibling first.
    public let hashes: [Digest]

    public init(index: UInt64, size: UInt64, hashes: [Digest]) {
        (self.index, self.size, self.hashes) = (index, size, hashes)
    }

    /// Builds the proof from stored tiles.
    ///
    /// - Throws: `.proof` when the leaf is not in the tree, `.tile` when a tile is missing, and whatever the reader throws.
    public init(index: UInt64, size: UInt64, reading tiles: some HashTileReader) throws {
        var known = KnownTiles()
        self = try Self.ofLeaf(at: index, size: size, reading: tiles, &known).proof
    }

    /// The stored leaf hash at an index, and its proof, from known tiles where there are some.
    ///
    /// The tiles are not trusted: the two are the tree's own when the proof verifies under the tree's root.
    ///
    /// - Throws: as above.
    public static func ofLeaf(
        at index: UInt64, size: UInt64, reading tiles: some HashTileReader, _ known: inout KnownTiles
    ) throws -> (leaf: Digest, proof: InclusionProof) {
        guard index < size else { throw LedgerError(.proof, "no leaf \(index) in a tree of \(size)") }
        var hasher = SubtreeHasher(tiles, size: size, known: known)
        let hashes = try Subtree.inclusionPath(index: index, size: size).map { try hasher.root(of: $0) }
        let leaf = try hasher.root(of: index..<index + 1)
        known.keep(hasher.read)
        return (leaf, InclusionProof(index: index, size: size, hashes: hashes))
    }

    /// The tiles that building the proof reads, for stores that fetch them beforehand.
    public static func tiles(index: UInt64, size: UInt64) -> Set<TileCoordinate> {
        guard index < size else { return [] }
        let subtrees = Subtree.inclusionPath(index: index, size: size).flatMap { Subtree.covering($0) }
        return Set(subtrees.map { $0.tile(size: size) })
    }

    /// Whether the leaf hash is at `index` under the root (RFC 9162 section 2.1.3.2).
    public func verify(leaf: Digest, root: Digest) -> Bool {
        guard index < size else { return false }
        var (node, last, computed) = (index, size - 1, leaf)
        for hash in hashes {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                computed = Merkle.nodeHash(hash, computed)
                while node & 1 == 0, node > 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                computed = Merkle.nodeHash(computed, hash)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && computed == root
    }
}

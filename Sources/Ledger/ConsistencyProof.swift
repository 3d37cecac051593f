public import Crypto

/// Proves that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 6962 section 2.1.2).
public struct ConsistencyProof: Hashable, Sendable {
    public let old: UInt64
    public let new: UInt64
    public let hashes: [Digest]

    public init(old: UInt64, new: UInt64, hashes: [Digest]) { (self.old, self.new, self.hashes) = (old, new, hashes) }

    /// Builds the proof from stored tiles of the newer tree.
    ///
    /// - Throws: `.proof` when `old` is the larger, `.tile` when a tile is missing, and whatever the reader throws.
    public init(old: UInt64, new: UInt64, reading tiles: some HashTileReader) throws {
        guard old <= new else { throw LedgerError(.proof, "a tree of \(old) is no prefix of one of \(new)") }
        var hasher = SubtreeHasher(tiles, size: new)
        let hashes = try Subtree.consistencyPath(old: old, new: new).map { try hasher.root(of: $0) }
        self.init(old: old, new: new, hashes: hashes)
    }

    /// The tiles that building the proof reads, for stores that fetch them beforehand.
    public static func tiles(old: UInt64, new: UInt64) -> Set<TileCoordinate> {
        let subtrees = Subtree.consistencyPath(old: old, new: new).flatMap { Subtree.covering($0) }
        return Set(subtrees.map { $0.tile(size: new) })
    }

    /// Whether both roots belong to the same growing log (RFC 9162 section 2.1.4.2).
    public func verify(oldRoot: Digest, newRoot: Digest) -> Bool {
        guard old <= new else { return false }
        if old == new { return hashes.isEmpty && oldRoot == newRoot }
        if old == 0 { return hashes.isEmpty && oldRoot == Merkle.emptyRoot }
        // A perfect old tree is itself the first node of the path.
        var path = (old.nonzeroBitCount == 1 ? [oldRoot] : []) + hashes
        guard !hashes.isEmpty, let first = path.first else { return false }
        path.removeFirst()
        var (node, last) = (old - 1, new - 1)
        while node & 1 == 1 { (node, last) = (node >> 1, last >> 1) }
        var (oldComputed, newComputed) = (first, first)
        for hash in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                oldComputed = Merkle.nodeHash(hash, oldComputed)
                newComputed = Merkle.nodeHash(hash, newComputed)
                while node & 1 == 0, node > 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                newComputed = Merkle.nodeHash(newComputed, hash)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && oldComputed == oldRoot && newComputed == newRoot
    }
}

public import Crypto

/// What of a tree is needed to append to it and to know its root: one hash for each 1-bit of its size.
public struct RightEdge: Hashable, Sendable {
    /// How many leaves the tree has.
    public private(set) var size: UInt64 = 0
    /// The roots of the perfect subtrees, largest first.
    public private(set) var hashes: [Digest] = []

    /// The empty tree.
    public init() {}

    /// - Throws: `.proof` unless there is one hash for each 1-bit of the size.
    public init(size: UInt64, hashes: [Digest]) throws(LedgerError) {
        guard hashes.count == size.nonzeroBitCount else { throw LedgerError(.proof, "right edge") }
        (self.size, self.hashes) = (size, hashes)
    }

    /// The root of the tree.
    public var root: Digest { Merkle.fold(hashes) }

    /// Appends a leaf hash.
    public mutating func append(_ leaf: Digest) { append(leaf) { _, _ in } }

    /// Appends a leaf hash and tells of each perfect subtree that it completes, from the leaf (height 0) up.
    mutating func append(_ leaf: Digest, completing body: (_ height: Int, _ root: Digest) -> Void) {
        var node = leaf
        body(0, node)
        for height in 0..<size.trailingOneBitCount {
            node = Merkle.nodeHash(hashes.removeLast(), node)
            body(height + 1, node)
        }
        hashes.append(node)
        size += 1
    }

    /// Size (8 bytes, big-endian), then the hashes, largest subtree first.
    public func encoded() -> [UInt8] {
        var bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> UInt64($0)) }
        for hash in hashes { hash.append(to: &bytes) }
        return bytes
    }

    /// Reads what `encoded()` wrote.
    ///
    /// - Throws: `.proof` for any other number of bytes.
    public init(decoding bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count >= 8 else { throw LedgerError(.proof, "right edge") }
        let size = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        try self.init(size: size, hashes: try Digest.list(bytes[8...]))
    }
}

extension UInt64 {
    /// How many 1-bits end the number.
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}

extension Digest {
    /// Cuts bytes into digests.
    ///
    /// - Throws: `.tile` when the last one is not whole.
    static func list(_ bytes: ArraySlice<UInt8>) throws(LedgerError) -> [Digest] {
        guard bytes.count.isMultiple(of: count) else { throw LedgerError(.tile, "\(bytes.count) bytes") }
        return stride(from: bytes.startIndex, to: bytes.endIndex, by: count)
            .compactMap { Digest(bytes: bytes[$0..<$0 + count].span) }
    }
}

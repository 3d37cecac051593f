public import Crypto

/// The hashes of RFC 6962 section 2.1, which keep leaves and nodes apart by their first byte.
public enum Merkle {
    /// The root of the tree without leaves: the hash of nothing.
    public static let emptyRoot = SHA256.hash([] as [UInt8])

    /// The hash of a leaf: SHA-256(0x00 ‖ entry).
    public static func leafHash(entry: [UInt8]) -> Digest { leafHash(entry: entry.span) }

    /// The same of borrowed bytes.
    public static func leafHash(entry: Span<UInt8>) -> Digest { SHA256.hash(prefix: 0x00, entry) }

    /// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
    public static func nodeHash(_ left: Digest, _ right: Digest) -> Digest { SHA256.hash(prefix: 0x01, left, right) }

    /// The root over hashes of perfect subtrees, largest first: those on the right fold into those on the left.
    static func fold(_ subtrees: some BidirectionalCollection<Digest>) -> Digest {
        guard let last = subtrees.last else { return emptyRoot }
        return subtrees.dropLast().reversed().reduce(last) { nodeHash($1, $0) }
    }

    /// The root of a perfect subtree over its 2ⁿ hashes.
    static func perfectRoot(_ hashes: ArraySlice<Digest>) -> Digest {
        precondition(hashes.count.nonzeroBitCount == 1, "a perfect subtree has 2ⁿ leaves")
        var level = Array(hashes)
        var width = level.count
        while width > 1 {
            width /= 2
            for node in 0..<width { level[node] = nodeHash(level[2 * node], level[2 * node + 1]) }
        }
        return level[0]
    }
}

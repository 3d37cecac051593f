import Crypto

/// A tile's hashes and the nodes over them that it holds whole, each height made when it is first asked for.
struct TileTree: Sendable {
    /// From the hashes themselves up.
    private var heights: [[Digest]]

    init(_ hashes: [Digest]) { heights = [hashes] }

    /// The root of the perfect subtree of 2^`height` hashes that is number `index` of its height.
    mutating func node(height: Int, index: Int) -> Digest {
        while heights.count <= height {
            let below = heights[heights.count - 1]
            heights.append((0..<below.count / 2).map { Merkle.nodeHash(below[2 * $0], below[2 * $0 + 1]) })
        }
        return heights[height][index]
    }
}

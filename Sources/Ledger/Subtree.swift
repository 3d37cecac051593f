/// A perfect subtree: the leaves from `index` · 2^`height` on, 2^`height` of them.
struct Subtree: Hashable {
    let height: Int
    let index: UInt64

    /// The perfect subtrees that a range of leaves of an RFC 6962 tree consists of, largest first.
    static func covering(_ range: Range<UInt64>) -> [Subtree] {
        var subtrees: [Subtree] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let height = 63 - (range.upperBound - start).leadingZeroBitCount
            subtrees.append(Subtree(height: height, index: start >> UInt64(height)))
            start += 1 << UInt64(height)
        }
        return subtrees
    }

    /// The ranges whose roots prove that leaf `index` is in a tree of `size`, the leaf's sibling first
    /// (RFC 6962 section 2.1.1).
    static func inclusionPath(index: UInt64, size: UInt64) -> [Range<UInt64>] {
        var path: [Range<UInt64>] = []
        var range = 0..<size
        while range.upperBound - range.lowerBound > 1 {
            let middle = split(range)
            if index < middle {
                path.append(middle..<range.upperBound)
                range = range.lowerBound..<middle
            } else {
                path.append(range.lowerBound..<middle)
                range = middle..<range.upperBound
            }
        }
        return path.reversed()
    }

    /// The ranges whose roots prove that the tree of `old` leaves is a prefix of that of `new` (RFC 6962 section 2.1.2).
    static func consistencyPath(old: UInt64, new: UInt64) -> [Range<UInt64>] {
        guard old > 0, old < new else { return [] }
        var path: [Range<UInt64>] = []
        var range = 0..<new
        while range.upperBound != old {
            let middle = split(range)
            if old <= middle {
                path.append(middle..<range.upperBound)
                range = range.lowerBound..<middle
            } else {
                path.append(range.lowerBound..<middle)
                range = middle..<range.upperBound
            }
        }
        // What is left ends at `old`. The whole old tree needs no hash: the verifier has its root.
        if range.lowerBound > 0 { path.append(range) }
        return path.reversed()
    }

    /// Where a tree over the range splits: at the largest power of two strictly smaller than its size.
    private static func split(_ range: Range<UInt64>) -> UInt64 {
        let last = range.upperBound - range.lowerBound - 1
        return range.lowerBound + 1 << UInt64(63 - last.leadingZeroBitCount)
    }
}

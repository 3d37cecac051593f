import Crypto
import Ledger

/// The unfinished right side of the tree, kept between batches so that appending reads nothing.
///
/// Rebuilt from stored tiles whenever the stored head is not the one it was left at: another process appended, or the
/// batch before did not commit. It is never patched.
struct TreeState: Sendable {
    private var frontier = TileFrontier()

    static let empty = TreeState()

    /// The root of the tree.
    var root: Digest { frontier.root }

    /// Adds the leaves of a batch and answers with the tiles that it changed.
    mutating func append(_ leaves: [Digest]) -> [HashTile] { frontier.append(leaves) }

    /// Reads the state of a tree of `size` entries.
    static func load(size: UInt64, from reader: any LogReader) throws(StorageError) -> TreeState {
        do {
            return TreeState(frontier: try TileFrontier(size: size, reading: reader))
        } catch { throw StorageError(checking: "tree tiles at size \(size)", error) }
    }
}

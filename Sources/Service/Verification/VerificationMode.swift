/// How much of a store a verification looks at.
public enum VerificationMode: Hashable, Sendable {
    /// Everything.
    case full
    /// Stored bytes, tree, streams, time and lock; no signatures, nothing beside the log.
    case tree
    /// The signature of every entry under the keys that the pinned root certified.
    case signatures
    /// So many entries, chosen at random: in the tree, signed, well-formed, found by the right columns.
    case sample(Int)

    /// What the report calls it.
    public var name: String {
        switch self {
        case .full: "full"
        case .tree: "tree"
        case .signatures: "signatures"
        case .sample: "sample"
        }
    }
}

/// A hash's place in the tree, for somebody who holds the entry.
public struct InclusionView: Codable, Sendable {
    public let index: UInt64
    /// The tree that the proof is for.
    public let size: UInt64
    /// Hex.
    public let leafHash: String
    /// Hex; what the proof leads to.
    public let root: String
    /// Base64, the leaf's sibling first (RFC 6962).
    public let hashes: [String]
    /// The released checkpoint, when the proof is for its tree.
    public let checkpoint: String?
    /// A C2SP tlog-proof, when there is a checkpoint.
    public let proof: String?
}

/// That one tree is the beginning of another.
public struct ConsistencyView: Codable, Sendable {
    public let from: UInt64
    public let to: UInt64
    /// Hex.
    public let fromRoot: String
    public let toRoot: String
    /// Base64 (RFC 6962 section 2.1.2).
    public let hashes: [String]
    /// The released checkpoint, when it is the larger tree's.
    public let checkpoint: String?
}

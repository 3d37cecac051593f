/// A stored entry, its inclusion proof, and the keys to check both with.
public struct ProofView: Codable, Sendable {
    public struct Verified: Codable, Sendable, Equatable {
        public let signature: Bool
        public let inclusion: Bool
        public let checkpoint: Bool
    }

    public let index: UInt64
    /// Base64 of the stored bytes.
    public let entry: String
    public let entryHash: String
    /// A C2SP tlog-proof.
    public let proof: String
    public let checkpoint: String
    public let verified: Verified
    /// Base64 of the raw public keys.
    public let eventKey: String
    public let rootKey: String
    public let checkpointVkey: String
    public let origin: String
    public let subject: String?
    /// `event-key-compromised`, `checkpoint-key-compromised`: what only a compromised key vouches for.
    public let flags: [String]
}

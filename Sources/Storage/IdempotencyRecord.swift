/// What a repeated command is recognised by: unique for a log, a principal and a key.
public struct IdempotencyRecord: Hashable, Sendable {
    public let principal: String
    /// Keyed digest of the client's key, in hex.
    public let key: String
    /// Keyed digest of the request, in hex: the same key with other content is an error.
    public let request: String
    /// The first entry that the command led to.
    public let index: UInt64

    public init(principal: String, key: String, request: String, index: UInt64) {
        (self.principal, self.key, self.request, self.index) = (principal, key, request, index)
    }
}

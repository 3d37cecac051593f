/// Why an answer of a time-stamp authority, or a token, was refused.
public enum TimestampError: String, Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes that are no answer or token of RFC 3161 over a SHA-256 digest.
    case malformed
    /// More bytes than a token needs.
    case tooLarge = "too-large"
    /// The authority answered that it gives no stamp.
    case refused
    /// A token for other bytes, or for another request.
    case mismatch
    /// A token whose signature does not hold, or whose signer no trusted authority certified for stamping.
    case untrusted
    /// A file of authorities that holds no certificate.
    case authorities

    public var description: String { "time stamp: \(rawValue)" }
}

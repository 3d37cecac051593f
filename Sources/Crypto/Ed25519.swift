/// Ed25519 signatures (RFC 8032): deterministic, verified strictly.
public enum Ed25519 {
    /// The length of a signature in bytes.
    public static let signatureCount = 64

    /// The length of a raw public key, and of the seed of a private one, in bytes.
    public static let keyCount = 32
}

/// Why a cryptographic operation was refused; it never says anything about the secret.
public enum CryptoError: String, Error, Hashable, Sendable, CustomStringConvertible {
    /// A key of the wrong length.
    case keyLength = "key-length"
    /// Bytes that are no acceptable public key: no point of the curve, not canonical, or of small order.
    case publicKey = "public-key"
    /// Sealed bytes that are too short, were changed, or belong to another key or context.
    case authentication
    /// A signer that cannot be asked, such as a token that was pulled out.
    case signer

    public var description: String { "cryptographic failure: \(rawValue)" }
}

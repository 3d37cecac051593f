/// Something that signs with one Ed25519 key: a key in memory, or a token that never gives it out.
///
/// Any number of threads may ask it at once.
public protocol Signer: Sendable {
    /// What verifies its signatures.
    var publicKey: Ed25519.PublicKey { get }

    /// The 64 bytes of the signature over a message; the same message always gives the same bytes (RFC 8032).
    ///
    /// - Throws: `.signer` when the key cannot be used at the moment.
    func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8]
}

extension Ed25519.PrivateKey: Signer {}

public import Crypto

/// Signs notes under a name; for checkpoints the name is the log's origin.
public struct NoteSigner: Sendable {
    public let name: String
    private let key: Ed25519.PrivateKey

    /// Takes a name for which `VerifierKey.isValidName` holds; notes under any other are refused by every reader.
    public init(name: String, key: Ed25519.PrivateKey) { (self.name, self.key) = (name, key) }

    /// What others need to verify this signer's notes.
    public var verifierKey: VerifierKey { VerifierKey(name: name, key: key.publicKey) }

    /// The signature over the text of a note, which ends in a newline.
    public func sign(_ text: String) -> SignedNote.Signature {
        SignedNote.Signature(name: name, keyID: verifierKey.id, bytes: key.sign(Array(text.utf8)))
    }
}

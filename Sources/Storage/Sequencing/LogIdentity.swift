public import Crypto
public import Ledger

/// What a process signs with: the origin, the event key and the checkpoint key.
public struct LogIdentity: Sendable {
    public let origin: String
    public let eventKey: Ed25519.PrivateKey
    public let checkpointSigner: NoteSigner

    public init(origin: String, eventKey: Ed25519.PrivateKey, checkpointSigner: NoteSigner) {
        (self.origin, self.eventKey, self.checkpointSigner) = (origin, eventKey, checkpointSigner)
    }
}

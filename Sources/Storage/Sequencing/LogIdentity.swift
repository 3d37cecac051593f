public import Crypto

/// What a process brings to a log that it may add to: the log's name, the pinned root, and private keys.
///
/// Which of the keys count, and where, the log itself says (`LogKeys`).
public struct LogIdentity: Sendable {
    public let origin: String
    public let root: Ed25519.PublicKey
    public let signers: [any Signer]
    /// Looks where the keys are kept, when the log says that another one counts now: another process rotated.
    let reload: @Sendable () -> [any Signer]

    public init(
        origin: String, root: Ed25519.PublicKey, signers: [any Signer],
        reload: @escaping @Sendable () -> [any Signer] = { [] }
    ) {
        (self.origin, self.root, self.signers, self.reload) = (origin, root, signers, reload)
    }
}

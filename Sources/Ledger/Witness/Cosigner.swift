public import Crypto

/// Signs checkpoints of others, with the time at which it saw them (C2SP tlog-cosignature, Ed25519).
///
/// The signature does not cover the name, so a key belongs to one cosigner only.
public struct Cosigner: Sendable {
    public let name: String
    private let key: Ed25519.PrivateKey

    /// Takes a name for which `VerifierKey.isValidName` holds.
    public init(name: String, key: Ed25519.PrivateKey) { (self.name, self.key) = (name, key) }

    /// What others need to verify the cosignatures.
    public var verifierKey: VerifierKey { VerifierKey(name: name, algorithm: .cosignature, key: key.publicKey) }

    /// Cosigns the text of a note, extension lines included; the time is in seconds since 1970, at most 2⁶³ − 1.
    public func sign(_ text: String, time: UInt64) -> SignedNote.Signature {
        let time = min(time, UInt64(Int64.max))
        let stamp = (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * UInt64($0))) }
        let signature = key.sign(VerifierKey.cosigned(text: Array(text.utf8), time: time))
        return SignedNote.Signature(name: name, keyID: verifierKey.id, bytes: stamp + signature)
    }
}

extension VerifierKey {
    /// What a cosignature signs.
    static func cosigned(text: [UInt8], time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n".utf8) + text
    }
}

extension SignedNote.Signature {
    /// The time in a cosignature, in seconds since 1970; nil when it has not the form of one.
    ///
    /// It says something only once the signature was verified.
    public var cosignatureTime: UInt64? {
        guard bytes.count == 8 + Ed25519.signatureCount else { return nil }
        let time = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return time <= UInt64(Int64.max) ? time : nil
    }
}

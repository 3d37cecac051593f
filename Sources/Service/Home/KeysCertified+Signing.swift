public import Crypto
public import Ledger
public import Records

extension KeysCertified {
    /// Certifies keys for a log, from an index on.
    ///
    /// - Throws: `.signer` when the root key cannot be asked.
    public init(
        _ keys: [(key: Ed25519.PublicKey, purpose: KeyCertificate.Purpose)], of log: String, validFrom: UInt64,
        root: any Signer, succeeds: Predecessor? = nil
    ) throws(CryptoError) {
        var certified: [Certified] = []
        for (key, purpose) in keys {
            let certificate = KeyCertificate(key: key, purpose: purpose, log: log, validFrom: validFrom)
            let (bytes, signature) = try certificate.signed(by: root)
            certified.append(.init(certificate: Base64.encode(bytes), signature: Base64.encode(signature)))
        }
        self.init(root: Base64.encode(root.publicKey.bytes), keys: certified, succeeds: succeeds)
    }
}

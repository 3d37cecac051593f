import Crypto

/// The certified keys of a log, by what they are for and from where they count.
struct AuditKeys: Sendable {
    private(set) var certificates: [KeyCertificate] = []
    /// The event keys by their ids.
    private(set) var eventKeys: [Digest: Ed25519.PublicKey] = [:]

    mutating func add(_ added: [KeyCertificate]) {
        guard !added.isEmpty else { return }
        certificates += added
        for certificate in added where certificate.purpose == .event {
            eventKeys[certificate.key.keyID] = certificate.key
        }
    }

    /// The key of the newest certificate that counts at an index.
    func current(_ purpose: KeyCertificate.Purpose, at index: UInt64) -> Ed25519.PublicKey? {
        certificates.last { $0.purpose == purpose && $0.validFrom <= index }?.key
    }
}

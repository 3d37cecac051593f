public import Crypto

/// The life of one key in a log: where it began to count, where it ended, and from where on it is not to be believed.
public struct CertifiedKey: Hashable, Sendable {
    public let certificate: KeyCertificate
    /// The index of the event that brought the certificate.
    public let certifiedAt: UInt64
    /// The index of the event that retired the key.
    public internal(set) var retiredAt: UInt64?
    /// The first index that its signature alone does not vouch for; the smallest when several events name one.
    public internal(set) var compromisedFrom: UInt64?

    init(_ certificate: KeyCertificate, certifiedAt: UInt64) {
        (self.certificate, self.certifiedAt) = (certificate, certifiedAt)
    }

    public var key: Ed25519.PublicKey { certificate.key }
    public var purpose: KeyCertificate.Purpose { certificate.purpose }

    /// The first index at which the key may count: the certificate's, but never one before its event.
    public var countsFrom: UInt64 { max(certificate.validFrom, certifiedAt) }

    /// Whether the key may count at an index; of those that may, the newest does.
    func mayCount(at index: UInt64) -> Bool { countsFrom <= index && retiredAt.map { index < $0 } ?? true }
}

/// Entries or checkpoints that only a compromised key vouches for: they verify, and are not to be believed for it.
public struct KeyFlag: Hashable, Sendable {
    public let purpose: KeyCertificate.Purpose
    /// The id of the key.
    public let key: Digest
    /// For an event key the entries; for a checkpoint key the last entries of the trees.
    public let indices: Range<UInt64>
}

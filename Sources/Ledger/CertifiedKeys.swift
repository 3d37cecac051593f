public import Crypto

/// The keys of a log that a pinned root certified, and what they say of its entries, each by itself.
///
/// Certificates count from the index that they name on, so entries are looked at in any order once the keys are known.
public struct CertifiedKeys: Sendable {
    /// The event type that certifies keys.
    static let type = "KeysCertified"

    private let root: Ed25519.PublicKey
    /// The log; nil until its first entry when none was asked for.
    public private(set) var origin: String?
    /// All that were certified so far, in the order of their events.
    public private(set) var certificates: [KeyCertificate] = []
    /// The event keys by their ids.
    private(set) var eventKeys: [Digest: Ed25519.PublicKey] = [:]

    /// Knows no key yet.
    public init(pinnedRoot: Ed25519.PublicKey, origin: String?) { (root, self.origin) = (pinnedRoot, origin) }

    /// The key that signs the entry at an index.
    public func eventKey(at index: UInt64) -> Ed25519.PublicKey? { current(.event, at: index) }

    /// The key that signs checkpoints of a tree of this size under the origin's name.
    public func checkpointKey(size: UInt64) -> Ed25519.PublicKey? { current(.checkpoint, at: max(size, 1) - 1) }

    /// Verifies an entry by itself: layout, fields, origin, and the signature of the key that is valid at its index.
    ///
    /// What it certifies is known afterwards.
    public mutating func check(_ bytes: [UInt8], at index: UInt64) throws(LedgerFinding) -> Envelope {
        try accept(AuditedEntry(bytes, keys: self), at: index)
    }

    mutating func accept(_ audited: AuditedEntry, at index: UInt64) throws(LedgerFinding) -> Envelope {
        let (entry, envelope): (Entry, Envelope)
        switch audited.content {
        case .success(let content): (entry, envelope) = content
        case .failure(let error):
            throw LedgerFinding(Self.code(of: error), at: index, "The entry is malformed: \(error).")
        }
        if let origin, !origin.utf8.elementsEqual(envelope.log.utf8) {
            throw LedgerFinding(.origin, at: index, "The entry belongs to the log \(envelope.log).")
        }
        var keys = self
        keys.add(try certificates(in: envelope, at: index))
        guard let key = keys.eventKey(at: index), key.keyID == entry.keyID else {
            throw LedgerFinding(.key, at: index, "The key \(entry.keyID) is not the event key that is valid here.")
        }
        // A key that this very batch certified was not known when signatures were verified in parallel.
        guard audited.isSignatureValid ?? entry.verify(with: key) else {
            throw LedgerFinding(.signature, at: index, "The signature does not hold.")
        }
        keys.origin = envelope.log
        self = keys
        return envelope
    }

    private mutating func add(_ added: [KeyCertificate]) {
        guard !added.isEmpty else { return }
        certificates += added
        for certificate in added where certificate.purpose == .event {
            eventKeys[certificate.key.keyID] = certificate.key
        }
    }

    /// The key of the newest certificate that counts at an index.
    private func current(_ purpose: KeyCertificate.Purpose, at index: UInt64) -> Ed25519.PublicKey? {
        certificates.last { $0.purpose == purpose && $0.validFrom <= index }?.key
    }

    private static func code(of error: LedgerError) -> LedgerFinding.Code {
        error.code == .canonical || error.code == .field ? .canonical : .layout
    }

    /// The certificates that an entry brings: index 0 must, others may, for indices after their own.
    private func certificates(in envelope: Envelope, at index: UInt64) throws(LedgerFinding) -> [KeyCertificate] {
        guard envelope.type == Self.type else {
            if index > 0 { return [] }
            throw LedgerFinding(.root, at: index, "The first entry certifies no keys.")
        }
        do throws(LedgerError) {
            let added = try KeyCertificate.list(payload: envelope.payload, root: root, origin: envelope.log)
            guard added.allSatisfy({ index == 0 ? $0.validFrom == 0 : $0.validFrom > index }) else {
                throw LedgerError(.certificate, "valid from an index that has passed")
            }
            return added
        } catch { throw LedgerFinding(.root, at: index, "The keys are not certified by the pinned root: \(error).") }
    }
}

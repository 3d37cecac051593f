public import Crypto

/// The keys of a log that a pinned root certified, and what they say of its entries, each by itself.
///
/// A certificate counts from the index that it names on, and never before the index of the event that brings it; the
/// newest that counts names the key. So an event that certifies an event key is signed by that very key: the root vouches
/// for it, whoever signed before, and lost keys are replaced with the root key alone. A key that was retired never counts
/// again. A compromise takes no signature away; it flags what the key signed from an index on.
/// Entries are looked at in any order once the keys are known.
public struct CertifiedKeys: Sendable {
    /// The stream that every event about keys stands in, and nowhere else.
    public static let stream = "keys"

    let root: Ed25519.PublicKey
    /// The log; nil until its first entry when none was asked for.
    public internal(set) var origin: String?
    /// All keys that were certified so far, in the order of their events.
    public internal(set) var history: [CertifiedKey] = []
    /// The event keys by their ids.
    private(set) var eventKeys: [Digest: Ed25519.PublicKey] = [:]
    /// The index after the last event about keys that is known.
    var known: UInt64 = 0

    /// Knows no key yet.
    public init(pinnedRoot: Ed25519.PublicKey, origin: String?) { (root, self.origin) = (pinnedRoot, origin) }

    /// The certificates of all keys, in the order of their events.
    public var certificates: [KeyCertificate] { history.map(\.certificate) }

    /// The key that counts for a purpose at an index, with its life as far as it is known.
    public func current(_ purpose: KeyCertificate.Purpose, at index: UInt64) -> CertifiedKey? {
        history.last { $0.purpose == purpose && $0.mayCount(at: index) }
    }

    /// The key that signs the entry at an index.
    public func eventKey(at index: UInt64) -> Ed25519.PublicKey? { current(.event, at: index)?.key }

    /// The key that signs checkpoints of a tree of this size under the origin's name.
    public func checkpointKey(size: UInt64) -> Ed25519.PublicKey? {
        current(.checkpoint, at: Self.lastIndex(size: size))?.key
    }

    /// Whether the key that signs at an index is one that is not to be believed there.
    ///
    /// For a checkpoint key the index is that of the last entry of the tree.
    public func isCompromised(_ purpose: KeyCertificate.Purpose, at index: UInt64) -> Bool {
        current(purpose, at: index)?.compromisedFrom.map { $0 <= index } ?? false
    }

    /// Whether the key that signs checkpoints of a tree of this size is one that is not to be believed there.
    public func isCheckpointCompromised(size: UInt64) -> Bool {
        isCompromised(.checkpoint, at: Self.lastIndex(size: size))
    }

    /// The life of a key that was certified for a purpose; nil for one that was not.
    public func life(of key: Digest, _ purpose: KeyCertificate.Purpose) -> CertifiedKey? {
        history.first { $0.purpose == purpose && $0.key.keyID == key }
    }

    /// The first index at which a key counts no longer; nil for one that still does, or has yet to begin.
    public func end(of life: CertifiedKey) -> UInt64? {
        guard let place = history.firstIndex(where: { $0.purpose == life.purpose && $0.key == life.key }) else {
            return nil
        }
        // A current key is retired only when a successor is in force, so a key never counts again after its end.
        let successors = history[(place + 1)...].filter {
            $0.purpose == life.purpose && $0.mayCount(at: $0.countsFrom)
        }
        return ([life.retiredAt].compactMap(\.self) + successors.map(\.countsFrom)).min()
    }

    /// What only compromised keys vouch for among the first `size` entries and the checkpoints up to that size.
    public func flags(size: UInt64) -> [KeyFlag] {
        history.compactMap { life in
            guard let compromised = life.compromisedFrom else { return nil }
            let start = max(life.countsFrom, compromised)
            let end = min(size, end(of: life) ?? size)
            guard start < end else { return nil }
            return KeyFlag(purpose: life.purpose, key: life.key.keyID, indices: start..<end)
        }
    }

    /// Verifies an entry by itself: layout, fields, origin, and the signature of the key that is valid at its index.
    ///
    /// What it says of keys is known afterwards; such entries are given in the order of their indices.
    public mutating func check(_ bytes: [UInt8], at index: UInt64) throws(LedgerFinding) -> Envelope {
        try accept(AuditedEntry(bytes, keys: self), at: index)
    }

    /// What is wrong with an entry's layout, key or signature; nothing else of it is looked at.
    ///
    /// For many entries at once, when the entries that certify keys were checked before.
    public func signatureFinding(of bytes: [UInt8], at index: UInt64) -> LedgerFinding? {
        let entry: Entry
        do { entry = try Entry(decoding: bytes) } catch {
            return LedgerFinding(.layout, at: index, "The entry is malformed: \(error).")
        }
        guard let key = eventKey(at: index), key.keyID == entry.keyID else {
            return LedgerFinding(.key, at: index, "The key \(entry.keyID) is not the event key that is valid here.")
        }
        return entry.verify(with: key) ? nil : LedgerFinding(.signature, at: index, "The signature does not hold.")
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
        try keys.admit(
            type: envelope.type, stream: envelope.stream, payload: envelope.parsedPayload(), log: envelope.log,
            at: index)
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

    mutating func add(_ certificate: KeyCertificate, at index: UInt64) {
        history.append(CertifiedKey(certificate, certifiedAt: index))
        if certificate.purpose == .event { eventKeys[certificate.key.keyID] = certificate.key }
    }

    /// The index at which the key of a checkpoint must count.
    private static func lastIndex(size: UInt64) -> UInt64 { max(size, 1) - 1 }

    private static func code(of error: LedgerError) -> LedgerFinding.Code {
        error.code == .canonical || error.code == .field ? .canonical : .layout
    }
}

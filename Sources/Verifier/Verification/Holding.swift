public import Crypto
public import Ledger

/// Something that a reader holds already, from which a verification starts.
public enum Holding: Hashable, Sendable {
    /// `root.pub`: the root key that was pinned.
    case root(Ed25519.PublicKey)
    case verifierKey(VerifierKey)
    /// A signed note.
    case checkpoint(HeldCheckpoint)
    /// A tlog-proof.
    case proof(TLogProof, HeldCheckpoint)
    case passport(Passport)
    /// A record that must be inside.
    case record(Entry)

    /// A checkpoint that somebody kept.
    public struct HeldCheckpoint: Hashable, Sendable {
        public let note: SignedNote
        public let checkpoint: Checkpoint

        /// - Throws: `.note` or `.checkpoint`.
        public init(_ text: String) throws(LedgerError) {
            note = try SignedNote(parsing: text)
            checkpoint = try Checkpoint(text: note.text)
        }
    }

    /// Finds out by the content what a file is; nil when it is nothing that could be expected.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Passport.maximumSize, let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        var line = text[...]
        while let last = line.last, last.isWhitespace { line.removeLast() }
        if line.hasPrefix("{") {
            if let entry = try? Entry(dsseLine: Array(line.utf8)) {
                self = .record(entry)
            } else if let passport = try? Passport(parsing: Array(line.utf8)) {
                self = .passport(passport)
            } else {
                return nil
            }
        } else if let raw = Base64.decode(String(line)), let key = try? Ed25519.PublicKey(raw) {
            self = .root(key)
        } else if let key = try? VerifierKey(String(line)) {
            self = .verifierKey(key)
        } else if let proof = try? TLogProof(parsing: text), let held = try? HeldCheckpoint(proof.checkpoint) {
            self = .proof(proof, held)
        } else if let held = try? HeldCheckpoint(text) {
            self = .checkpoint(held)
        } else {
            return nil
        }
    }

    /// The checkpoint that comes with it.
    public var heldCheckpoint: HeldCheckpoint? {
        switch self {
        case .checkpoint(let held), .proof(_, let held): held
        case .passport(let passport): passport.heldCheckpoint
        case .root, .verifierKey, .record: nil
        }
    }

    /// Whether a verification may start from it: it says which log is meant.
    var isAnchor: Bool {
        if case .record = self { return false }
        return true
    }
}

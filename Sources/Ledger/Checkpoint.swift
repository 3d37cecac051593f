public import Crypto

/// What a log promises: at this size the tree has this root (C2SP tlog-checkpoint).
public struct Checkpoint: Hashable, Sendable {
    public let origin: String
    public let size: UInt64
    public let root: Digest
    /// Further lines, kept because signatures cover them; we write none.
    public let extensions: [String]

    public init(origin: String, size: UInt64, root: Digest) {
        (self.origin, self.size, self.root, self.extensions) = (origin, size, root, [])
    }

    /// Reads the text of a note.
    ///
    /// - Throws: `.checkpoint` for anything but origin, decimal size, base64 root and further lines, none empty.
    public init(text: String) throws(LedgerError) {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
        guard lines.count >= 4, lines.last == "", lines.dropLast().allSatisfy({ !$0.isEmpty }) else {
            throw LedgerError(.checkpoint, "lines")
        }
        guard let size = UInt64(canonicalDecimal: lines[1]), size <= Int64.max else {
            throw LedgerError(.checkpoint, "size")
        }
        guard let bytes = Base64.decode(lines[2]), let root = Digest(bytes: bytes) else {
            throw LedgerError(.checkpoint, "root")
        }
        (origin, self.size, self.root, extensions) = (lines[0], size, root, Array(lines[3..<lines.count - 1]))
    }

    /// Reads a note WITHOUT verifying its signatures: only for notes that this process itself has kept.
    ///
    /// - Throws: `.note` or `.checkpoint`.
    public init(note: String) throws(LedgerError) { try self.init(text: SignedNote(parsing: note).text) }

    /// Reads a note that the log itself has signed.
    ///
    /// - Throws: `.signature` unless a key among `keys` whose name is the origin has signed; `.note`, `.checkpoint`.
    public init(note: String, signedBy keys: [VerifierKey]) throws(LedgerError) {
        let note = try SignedNote(parsing: note)
        let verified = try note.verify(with: keys)
        let checkpoint = try Checkpoint(text: note.text)
        guard verified.contains(where: { $0.algorithm == .ed25519 && $0.name == checkpoint.origin }) else {
            throw LedgerError(.signature, "not signed by the log")
        }
        self = checkpoint
    }

    /// The text of the note.
    public var text: String {
        ([origin, String(size), Base64.encode(root.bytes)] + extensions).map { $0 + "\n" }.joined()
    }

    /// The note, signed with a key of the log under the origin's name.
    ///
    /// - Throws: `.signer` when the key cannot be asked.
    public func sign(by signer: any Signer) throws(CryptoError) -> String {
        let id = VerifierKey(name: origin, key: signer.publicKey).id
        let signature = SignedNote.Signature(name: origin, keyID: id, bytes: try signer.sign(Array(text.utf8)))
        return SignedNote(text: text, signatures: [signature]).description
    }

    /// The signed note.
    public func sign(with signer: NoteSigner) -> String { SignedNote(text: text, signers: [signer]).description }
}

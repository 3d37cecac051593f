import Crypto

/// A text with signature lines below it (C2SP signed-note).
public struct SignedNote: Hashable, Sendable, CustomStringConvertible {
    /// One signature line.
    public struct Signature: Hashable, Sendable {
        public let name: String
        public let keyID: UInt32
        public let bytes: [UInt8]

        public init(name: String, keyID: UInt32, bytes: [UInt8]) {
            (self.name, self.keyID, self.bytes) = (name, keyID, bytes)
        }
    }

    /// The most bytes and signature lines of a note that is read.
    public static let maximumSize = 1 << 18
    public static let maximumSignatures = 64

    /// What is signed; ends in a newline.
    public let text: String
    public let signatures: [Signature]

    /// Signs a text, which must end in a newline.
    public init(text: String, signers: [NoteSigner]) {
        precondition(text.utf8.last == 0x0A, "the text of a note ends in a newline")
        self.text = text
        signatures = signers.map { $0.sign(text) }
    }

    /// Reads a note; nothing of it may be used before `verify(with:)` has accepted it.
    ///
    /// - Throws: `.note` or `.tooLarge`.
    public init(parsing note: String) throws(LedgerError) {
        let bytes = Array(note.utf8)
        guard bytes.count <= Self.maximumSize else { throw LedgerError(.tooLarge, "note of \(bytes.count) bytes") }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }), bytes.last == 0x0A else { throw LedgerError(.note) }
        // The text may contain empty lines itself, so the last one separates.
        guard let end = bytes.indices.dropFirst().last(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else {
            throw LedgerError(.note, "no signatures")
        }
        let lines = bytes[(end + 1)...].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else { throw LedgerError(.tooLarge, "\(lines.count) signatures") }
        text = String(decoding: bytes[..<end], as: UTF8.self)
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Signature(line: String(decoding: line, as: UTF8.self))) }
        self.signatures = signatures
    }

    /// The note as it is sent and stored.
    public var description: String { text + "\n" + signatures.map { $0.line + "\n" }.joined() }

    /// Adds signature lines that others made over the same text.
    public func adding(_ more: [Signature]) -> SignedNote { SignedNote(text: text, signatures: signatures + more) }

    /// Adds signature lines that others made over the same text; a new one takes the place of the same key's.
    public func replacing(_ more: [Signature]) -> SignedNote {
        let kept = signatures.filter { old in !more.contains { $0.keyID == old.keyID && $0.name == old.name } }
        return SignedNote(text: text, signatures: kept + more)
    }

    /// Which of the keys signed the note; signatures of other keys are ignored.
    ///
    /// - Throws: `.signature` when a signature under the name and id of one of the keys does not hold, or when there is
    ///   none of them at all.
    @discardableResult
    public func verify(with keys: [VerifierKey]) throws(LedgerError) -> Set<VerifierKey> {
        let bytes = Array(text.utf8)
        var verified: Set<VerifierKey> = []
        for signature in signatures {
            for key in keys where key.id == signature.keyID && key.name.utf8.elementsEqual(signature.name.utf8) {
                guard key.verify(signature.bytes, text: bytes) else { throw LedgerError(.signature, "note") }
                verified.insert(key)
            }
        }
        guard !verified.isEmpty else { throw LedgerError(.signature, "no known key") }
        return verified
    }

    init(text: String, signatures: [Signature]) { (self.text, self.signatures) = (text, signatures) }
}

extension SignedNote.Signature {
    /// The line without its newline.
    public var line: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: keyID >> (24 - 8 * $0)) }
        return "— \(name) \(Base64.encode(id + bytes))"
    }

    /// Reads a line without its newline, such as a witness answers with.
    ///
    /// - Throws: `.note`.
    public init(line: String) throws(LedgerError) {
        // By bytes: a combining mark behind a space would take the space with it.
        let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(Substring.init)
        guard parts.count == 3, parts[0] == "—", VerifierKey.isValidName(String(parts[1])),
            let blob = Base64.decode(String(parts[2])), blob.count > 4
        else { throw LedgerError(.note, "signature line") }
        let id = blob.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        self.init(name: String(parts[1]), keyID: id, bytes: Array(blob.dropFirst(4)))
    }
}

public import Crypto

/// What a log asks of a witness: to cosign a checkpoint that continues an older one (C2SP tlog-witness, add-checkpoint).
public struct AddCheckpoint: Hashable, Sendable {
    /// The most bytes and hashes of a request that is read.
    public static let maximumSize = 1 << 16
    public static let maximumHashes = 63

    /// The size of the tree that the witness cosigned last, 0 when it never did.
    public let old: UInt64
    /// The consistency proof from that size.
    public let hashes: [Digest]
    /// The signed note.
    public let note: SignedNote

    public init(old: UInt64, hashes: [Digest], note: SignedNote) {
        (self.old, self.hashes, self.note) = (old, hashes, note)
    }

    /// Reads the body of a request; no signature and no proof is verified yet.
    ///
    /// - Throws: `.tooLarge`, or `.proof`, `.note` for what is malformed.
    public init(parsing body: [UInt8]) throws(LedgerError) {
        guard body.count <= Self.maximumSize else { throw LedgerError(.tooLarge, "request of \(body.count) bytes") }
        guard let text = String(validating: body, as: UTF8.self) else { throw LedgerError(.note, "no UTF-8") }
        // The proof has no empty line, so the first one ends it.
        guard let end = body.indices.dropFirst().first(where: { body[$0] == 0x0A && body[$0 - 1] == 0x0A }) else {
            throw LedgerError(.proof, "no checkpoint")
        }
        let lines = body[..<(end - 1)].split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let first = lines.first, first.hasPrefix("old "), let old = UInt64(canonicalDecimal: first.dropFirst(4))
        else { throw LedgerError(.proof, "old size") }
        guard lines.count <= 1 + Self.maximumHashes else { throw LedgerError(.proof, "\(lines.count - 1) hashes") }
        let hashes = lines.dropFirst().compactMap { Base64.decode($0).flatMap { Digest(bytes: $0) } }
        guard hashes.count == lines.count - 1 else { throw LedgerError(.proof, "hash") }
        let start = text.utf8.index(text.utf8.startIndex, offsetBy: end + 1)
        self.init(old: old, hashes: hashes, note: try SignedNote(parsing: String(text[start...])))
    }

    /// The body of the request.
    public var body: [UInt8] {
        let lines = ["old \(old)"] + hashes.map { Base64.encode($0.bytes) }
        return Array((lines.map { $0 + "\n" }.joined() + "\n" + note.description).utf8)
    }
}

extension SignedNote {
    /// The note with the cosignatures that a witness answered with; lines of other keys are left out.
    ///
    /// - Throws: `.note` or `.tooLarge` for what is no list of signature lines; `.signature` when none of them is of the
    ///   key, or one that claims to be does not hold.
    public func adding(answer: [UInt8], of key: VerifierKey) throws(LedgerError) -> SignedNote {
        guard answer.count <= AddCheckpoint.maximumSize, answer.last == 0x0A else { throw LedgerError(.note, "answer") }
        var added: [Signature] = []
        for line in answer.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard let text = String(validating: line, as: UTF8.self) else { throw LedgerError(.note, "no UTF-8") }
            let signature = try Signature(line: text)
            guard signature.keyID == key.id, signature.name.utf8.elementsEqual(key.name.utf8) else { continue }
            added.append(signature)
        }
        let note = SignedNote(text: text, signers: []).adding(added)
        try note.verify(with: [key])
        let newest = added.max { $0.cosignatureTime ?? 0 < $1.cosignatureTime ?? 0 }
        return replacing(newest.map { [$0] } ?? [])
    }
}

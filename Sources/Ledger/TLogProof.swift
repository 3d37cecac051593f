public import Crypto

/// Everything that proves one entry, in one file that needs no server (C2SP tlog-proof).
public struct TLogProof: Hashable, Sendable {
    private static let header = "c2sp.org/tlog-proof@v1"

    public let index: UInt64
    /// The inclusion proof, the leaf's sibling first.
    public let hashes: [Digest]
    /// The signed note, verbatim.
    public let checkpoint: String
    /// Bytes that nothing vouches for.
    public let extra: [UInt8]?

    public init(index: UInt64, hashes: [Digest], checkpoint: String, extra: [UInt8]? = nil) {
        (self.index, self.hashes, self.checkpoint, self.extra) = (index, hashes, checkpoint, extra)
    }

    /// Builds the proof of a leaf against a signed checkpoint.
    ///
    /// - Throws: what `Checkpoint(note:)` and `InclusionProof(index:size:reading:)` throw.
    public init(index: UInt64, checkpoint: String, reading tiles: some HashTileReader) throws {
        let size = try Checkpoint(note: checkpoint).size
        let proof = try InclusionProof(index: index, size: size, reading: tiles)
        self.init(index: index, hashes: proof.hashes, checkpoint: checkpoint)
    }

    /// Reads the file's text; nothing is verified yet.
    ///
    /// - Throws: `.proof` or `.tooLarge`.
    public init(parsing text: String) throws(LedgerError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 2 * SignedNote.maximumSize else { throw LedgerError(.tooLarge, "proof") }
        guard let end = bytes.indices.dropFirst().first(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else {
            throw LedgerError(.proof, "no checkpoint")
        }
        var lines = bytes[..<(end - 1)].split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }[...]
        guard lines.popFirst() == Self.header else { throw LedgerError(.proof, "header") }
        var extra: [UInt8]?
        if let line = lines.first, line.hasPrefix("extra ") {
            guard let bytes = Base64.decode(String(line.dropFirst(6))) else { throw LedgerError(.proof, "extra") }
            extra = bytes
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "),
            let index = UInt64(canonicalDecimal: line.dropFirst(6)), lines.count <= 64
        else { throw LedgerError(.proof, "index") }
        let hashes = lines.compactMap { Base64.decode($0).flatMap { Digest(bytes: $0) } }
        guard hashes.count == lines.count else { throw LedgerError(.proof, "hash") }
        self.init(
            index: index, hashes: hashes, checkpoint: String(decoding: bytes[(end + 1)...], as: UTF8.self), extra: extra
        )
    }

    /// The file's text.
    public var text: String {
        var lines = [Self.header]
        if let extra { lines.append("extra " + Base64.encode(extra)) }
        lines.append("index \(index)")
        lines += hashes.map { Base64.encode($0.bytes) }
        return lines.joined(separator: "\n") + "\n\n" + checkpoint
    }

    /// Verifies that the log of one of the keys holds an entry.
    ///
    /// - Parameters:
    ///   - leaf: the leaf hash of the verifier's own copy of the entry.
    ///   - keys: the log's own keys, named as its origin.
    /// - Returns: the checkpoint that includes the entry.
    /// - Throws: `.signature`, `.proof`, and what reading the checkpoint throws.
    @discardableResult
    public func verify(leaf: Digest, keys: [VerifierKey]) throws(LedgerError) -> Checkpoint {
        let checkpoint = try Checkpoint(note: self.checkpoint, signedBy: keys)
        let proof = InclusionProof(index: index, size: checkpoint.size, hashes: hashes)
        guard proof.verify(leaf: leaf, root: checkpoint.root) else {
            throw LedgerError(.proof, "the entry is not in the tree of the checkpoint")
        }
        return checkpoint
    }
}

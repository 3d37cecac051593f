import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `A signed note` {
    private func example() throws -> (key: VerifierKey, note: String) {
        let parts = try Fixture.text("note.txt").split(separator: "\n\n", maxSplits: 1)
        return (try VerifierKey(String(parts[0])), String(parts[1]))
    }

    @Test func `of the specification is accepted`() throws {
        let (key, text) = try example()
        let note = try SignedNote(parsing: text)
        #expect(note.text == "This is an example message.\n" && note.description == text)
        #expect(try note.verify(with: [key]) == [key])
        #expect(key.name == "example.com/foo" && key.id == 0x530d_903a)
        #expect(key.description == "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    }

    @Test func `needs a signature of a known key, and none of them may be wrong`() throws {
        let signers = try (0..<3).map { NoteSigner(name: "log.example/\($0)", key: try Fixture.key($0)) }
        let note = SignedNote(text: "line\n\nline after an empty one\n", signers: signers)
        let keys = signers.map(\.verifierKey)
        let parsed = try SignedNote(parsing: note.description)
        #expect(parsed == note && parsed.text == "line\n\nline after an empty one\n")
        #expect(try parsed.verify(with: [keys[1], keys[2]]) == [keys[1], keys[2]])
        // The same name with another key, and the same key under another name, are other keys.
        let strangers = [
            VerifierKey(name: keys[0].name, key: keys[1].key), VerifierKey(name: "other", key: keys[0].key),
        ]
        #expect(throws: LedgerError(.signature, "no known key")) { try parsed.verify(with: strangers) }
        #expect(throws: LedgerError(.signature, "no known key")) { try parsed.verify(with: []) }
        #expect(try parsed.verify(with: strangers + [keys[0]]) == [keys[0]])
        let forged = SignedNote(text: "other\n", signers: [signers[0]])
            .adding([SignedNote.Signature(name: keys[1].name, keyID: keys[1].id, bytes: note.signatures[1].bytes)])
        #expect(throws: LedgerError(.signature, "note")) { try forged.verify(with: [keys[0], keys[1]]) }
        #expect(try forged.verify(with: [keys[0]]) == [keys[0]])
    }

    @Test func `may carry the cosignature of a witness`() throws {
        let witness = VerifierKey(name: "witness.example", algorithm: .cosignature, key: try Fixture.key(9).publicKey)
        let note = SignedNote(text: "text\n", signers: [NoteSigner(name: "log", key: try Fixture.key())])
        let signature = try Fixture.key(9).sign(Array("cosignature/v1\ntime 1700000000\ntext\n".utf8))
        let time: [UInt8] = [0, 0, 0, 0, 0x65, 0x53, 0xF1, 0x00]
        let line = SignedNote.Signature(name: witness.name, keyID: witness.id, bytes: time + signature)
        #expect(try note.adding([line]).verify(with: [witness]) == [witness])
        let late = SignedNote.Signature(
            name: witness.name, keyID: witness.id, bytes: [0xFF] + time.dropFirst() + signature)
        #expect(throws: LedgerError.self) { try note.adding([late]).verify(with: [witness]) }
        #expect(try VerifierKey(witness.description) == witness)
    }

    @Test(arguments: [
        "", "\n", "\n\n", "text\n", "text\n\n", "text\n\n— a AAAAAAA=", "text\n\n- a AAAAAAA=\n",
        "text\n\n—a AAAAAAA=\n",
        "text\n\n— a b AAAAAAA=\n", "text\n\n— a AAAAAA==\n", "text\n\n— a !\n", "text\n\n— a+b AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "te\rxt\n\n— a AAAAAAA=\n", "te\u{0}xt\n\n— a AAAAAAA=\n", "te\txt\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=\n\n",
        "text\n\n— a AAAAAAA=\nx\n", "text\n— a AAAAAAA=\n", "text\n\n— a\u{A0}b AAAAAAA=\n", "text\n\n— a AAAAAAA= \n",
    ])
    func `in any other form is refused`(text: String) {
        #expect(throws: LedgerError.self) { try SignedNote(parsing: text) }
    }

    @Test func `is bounded`() {
        let lines = String(repeating: "— a AAAAAAA=\n", count: 65)
        #expect(throws: LedgerError(.tooLarge, "65 signatures")) { try SignedNote(parsing: "text\n\n" + lines) }
        let long = String(repeating: "x", count: SignedNote.maximumSize)
        #expect(throws: LedgerError.self) { try SignedNote(parsing: long + "\n\n— a AAAAAAA=\n") }
    }

    @Test(arguments: [
        "", "a", "a+b", "a+b+c", "example.com/foo+530d903a+",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        "+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ])
    func `is not verified by a malformed key`(text: String) {
        #expect(throws: LedgerError.self) { try VerifierKey(text) }
    }

    @Test func `has a signer whose name readers accept`() {
        for name in ["log.example/cxr", "a", "é"] { #expect(VerifierKey.isValidName(name)) }
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "\u{0}"] { #expect(!VerifierKey.isValidName(name)) }
    }
}

@Suite struct `A checkpoint` {
    private static let text = "log.example/cxr\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

    private func signer(_ name: String = "log.example/cxr") throws -> NoteSigner {
        NoteSigner(name: name, key: try Fixture.key())
    }

    @Test func `is three lines`() throws {
        let checkpoint = try Checkpoint(text: Self.text)
        #expect(checkpoint.origin == "log.example/cxr" && checkpoint.size == 20_852_163 && checkpoint.text == Self.text)
        #expect(Base64.encode(checkpoint.root.bytes) == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
        let extended = try Checkpoint(text: Self.text + "extension one\nextension two\n")
        #expect(extended.extensions == ["extension one", "extension two"])
        #expect(extended.text == Self.text + "extension one\nextension two\n")
    }

    @Test(arguments: [
        "", "\n", "a\n", "a\n1\n", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a\n１\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n99999999999999999999\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a\n1\nCsUYapGGPo4=\n", "a\n1\nx\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nx\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
    ])
    func `has no other form`(text: String) { #expect(throws: LedgerError.self) { try Checkpoint(text: text) } }

    @Test func `counts only when the log itself has signed it`() throws {
        let checkpoint = try Checkpoint(text: Self.text)
        let note = checkpoint.sign(with: try signer())
        #expect(try Checkpoint(note: note, signedBy: [signer().verifierKey]) == checkpoint)
        #expect(try Checkpoint(note: note) == checkpoint)
        let stranger = VerifierKey(name: "log.example/cxr", key: try Fixture.key(1).publicKey)
        #expect(throws: LedgerError.self) { try Checkpoint(note: note, signedBy: [stranger]) }
        #expect(throws: LedgerError.self) { try Checkpoint(note: note, signedBy: []) }
        // Signed by a known key, but of another log.
        let foreign = checkpoint.sign(with: try signer("other.example"))
        let other = try signer("other.example").verifierKey
        #expect(throws: LedgerError(.signature, "not signed by the log")) {
            try Checkpoint(note: foreign, signedBy: [other])
        }
        let changed = note.replacing("20852163", with: "20852164")
        #expect(throws: LedgerError.self) { try Checkpoint(note: changed, signedBy: [signer().verifierKey]) }
    }
}

@Suite struct `A proof file` {
    private let leaves = (0..<300).map(Reference.leaf)

    private func proof(_ index: UInt64 = 123) throws -> (proof: TLogProof, key: VerifierKey) {
        var frontier = TileFrontier()
        let tiles = MemoryTiles(frontier.append(leaves))
        let signer = NoteSigner(name: "log.example/cxr", key: try Fixture.key())
        let note = Checkpoint(origin: signer.name, size: 300, root: frontier.root).sign(with: signer)
        return (try TLogProof(index: index, checkpoint: note, reading: tiles), signer.verifierKey)
    }

    @Test func `is read as it was written`() throws {
        let (proof, _) = try proof()
        #expect(try TLogProof(parsing: proof.text) == proof)
        let extra = TLogProof(index: 1, hashes: [], checkpoint: proof.checkpoint, extra: [1, 2, 3])
        #expect(extra.text.hasPrefix("c2sp.org/tlog-proof@v1\nextra AQID\nindex 1\n\nlog.example/cxr\n300\n"))
        #expect(try TLogProof(parsing: extra.text) == extra)
    }

    @Test func `proves its entry and no other`() throws {
        let (proof, key) = try proof()
        #expect(try proof.verify(leaf: leaves[123], keys: [key]).size == 300)
        #expect(throws: LedgerError.self) { try proof.verify(leaf: leaves[124], keys: [key]) }
        #expect(throws: LedgerError.self) { try proof.verify(leaf: leaves[123], keys: []) }
        let moved = TLogProof(index: 122, hashes: proof.hashes, checkpoint: proof.checkpoint)
        #expect(throws: LedgerError.self) { try moved.verify(leaf: leaves[123], keys: [key]) }
    }

    @Test func `in any other form is refused`() throws {
        let text = try proof().proof.text
        for (old, new) in [
            ("proof@v1", "proof@v2"), ("index 123", "index 0123"), ("index 123", "index -1"), ("index 123", "index"),
            ("index 123\n", ""), ("index 123", "extra !\nindex 123"), ("\n\n", "\n"), ("index 123\n", "index 123\nx\n"),
            ("index 123", "index 123\nindex 123"), ("c2sp", "\nc2sp"), ("index 123\n", "index 123\nAAAA\n"),
        ] {
            #expect(throws: LedgerError.self, "\(old) \(new)") {
                let proof = try TLogProof(parsing: text.replacing(old, with: new, maxReplacements: 1))
                try proof.verify(leaf: leaves[123], keys: [try self.proof().key])
            }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `survives damage, which never proves anything`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let (proof, key) = try proof()
        var bytes = Array(proof.text.utf8)
        let place = Int.random(in: bytes.indices, using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        #expect(throws: LedgerError.self) { try TLogProof(parsing: text).verify(leaf: leaves[123], keys: [key]) }
    }
}

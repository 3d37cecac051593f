import Crypto
import Ledger
import TestSupport
import Testing

/// A log and six witnesses, as in the specification's example, and what they sign.
private struct Cast {
    let log: NoteSigner
    let note: SignedNote
    let names = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]

    init(origin: String = "log.example/cxr") throws {
        log = NoteSigner(name: origin, key: try Fixture.key())
        let text = Checkpoint(origin: origin, size: 7, root: SHA256.hash([1])).text
        note = SignedNote(text: text, signers: [log])
    }

    func key(_ name: String) throws -> Ed25519.PrivateKey {
        try Fixture.key(100 + UInt8(names.firstIndex(of: name) ?? 50))
    }

    func verifierKey(_ name: String) throws -> VerifierKey {
        VerifierKey(name: "\(name).example", algorithm: .cosignature, key: try key(name).publicKey)
    }

    func signature(_ name: String, over text: String? = nil, time: UInt64 = 1_700_000_000) throws
        -> SignedNote.Signature
    {
        let message = Array("cosignature/v1\ntime \(time)\n\(text ?? note.text)".utf8)
        let blob = (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) } + (try key(name).sign(message))
        let verifier = try verifierKey(name)
        return SignedNote.Signature(name: verifier.name, keyID: verifier.id, bytes: blob)
    }

    func signed(by names: [String]) throws -> SignedNote { note.adding(try names.map { try signature($0) }) }

    var example: String {
        get throws {
            """
            # Two organisations.
            log \(log.verifierKey)

            witness X1 \(try verifierKey("X1")) https://x1.example/witness
            witness X2\t\(try verifierKey("X2"))
              witness X3 \(try verifierKey("X3"))\u{20}
            group X-witnesses 2 X1 X2 X3

            witness Y1 \(try verifierKey("Y1"))
            witness Y2 \(try verifierKey("Y2"))
            witness Y3 \(try verifierKey("Y3"))
            group Y-witnesses any Y1 Y2 Y3

            group X-and-Y all X-witnesses Y-witnesses
            \t # nobody else
            quorum X-and-Y

            """
        }
    }

    func policy(_ text: String) throws -> Policy { try Policy(parsing: Array(text.utf8)) }
}

@Suite struct `A policy` {
    @Test func `is read as the specification writes it`() throws {
        let cast = try Cast()
        let policy = try cast.policy(try cast.example)
        #expect(policy.logs.map(\.key) == [cast.log.verifierKey])
        #expect(policy.witnesses.map(\.name.description) == cast.names)
        #expect(policy.witnesses.map(\.url) == ["https://x1.example/witness", nil, nil, nil, nil, nil])
        #expect(policy.groups.map(\.threshold) == [2, 1, 2])
        #expect(policy.quorum == Policy.Name("X-and-Y".utf8))
        #expect(try Policy(parsing: policy.octets) == policy)
        #expect(try Policy(parsing: Array("quorum none\n".utf8)).octets == Array("quorum none\n".utf8))
    }

    @Test(arguments: [
        ([], false), (["X1", "Y1"], false), (["X1", "X2"], false), (["Y1", "Y2", "Y3"], false),
        (["X1", "X2", "Y3"], true), (["X1", "X2", "X3"], false), (["X2", "X3", "Y1", "Y2"], true),
    ])
    func `names log and witnesses, and says whether the quorum is met`(names: [String], isMet: Bool) throws {
        let cast = try Cast()
        let verdict = try cast.policy(try cast.example).check(try cast.signed(by: names))
        #expect(verdict.isQuorumMet == isMet && verdict.log == cast.log.verifierKey && verdict.checkpoint.size == 7)
        #expect(verdict.cosigners.map(\.witness.name.description) == names)
        #expect(verdict.cosigners.allSatisfy { $0.time == 1_700_000_000 })
        #expect(verdict.missing.map(\.name.description) == cast.names.filter { !names.contains($0) })
    }

    @Test func `counts a witness once, however often it signed, by its newest time`() throws {
        let cast = try Cast()
        let note = cast.note.adding([
            try cast.signature("X1", time: 5), try cast.signature("X1", time: 9), try cast.signature("X1", time: 7),
            try cast.signature("Y1"),
        ])
        let verdict = try cast.policy(try cast.example).check(note)
        #expect(!verdict.isQuorumMet && verdict.cosigners.map(\.time) == [9, 1_700_000_000])
    }

    @Test func `refuses a note that no log of it signed under its origin`() throws {
        let cast = try Cast()
        let policy = try cast.policy(try cast.example)
        #expect(throws: LedgerError(.signature, "no known key")) {
            try policy.check(try Cast(origin: "other.example").signed(by: []))
        }
        // Witnesses alone are not enough.
        let unsigned = SignedNote(text: cast.note.text, signers: []).adding([try cast.signature("X1")])
        #expect(throws: LedgerError(.signature, "not signed by a log of the policy")) { try policy.check(unsigned) }
        // A log of the policy that signs another one's origin.
        let foreign = SignedNote(text: try Cast(origin: "other.example").note.text, signers: [cast.log])
        #expect(throws: LedgerError(.signature, "not signed by a log of the policy")) { try policy.check(foreign) }
    }

    @Test func `refuses a note with a wrong signature of one of its keys`() throws {
        let cast = try Cast()
        let policy = try cast.policy(try cast.example)
        let wrong = try cast.signature("X1", over: "other\n")
        #expect(throws: LedgerError(.signature, "note")) { try policy.check(cast.note.adding([wrong])) }
        // A cosignature under another time than was signed.
        let right = try cast.signature("X1")
        let moved = SignedNote.Signature(name: right.name, keyID: right.keyID, bytes: [1] + right.bytes.dropFirst())
        #expect(throws: LedgerError(.signature, "note")) { try policy.check(cast.note.adding([moved])) }
        // What strangers write below is nobody's business.
        let stranger = SignedNote.Signature(name: "stranger", keyID: 1, bytes: [1])
        #expect(try policy.check(cast.note.adding([stranger])).cosigners.isEmpty)
    }

    @Test func `takes logs that are known from elsewhere only when it names none`() throws {
        let cast = try Cast()
        let note = cast.note
        let anyLog = try cast.policy("quorum none\n")
        #expect(try anyLog.check(note, known: [cast.log.verifierKey]).isQuorumMet)
        #expect(throws: LedgerError.self) { try anyLog.check(note) }
        let other = NoteSigner(name: "log.example/cxr", key: try Fixture.key(9)).verifierKey
        let otherLog = try Policy(logs: [.init(key: other)])
        #expect(throws: LedgerError.self) { try otherLog.check(note, known: [cast.log.verifierKey]) }
        let replaced = try otherLog.replacing(logs: [.init(key: cast.log.verifierKey), .init(key: other)])
        #expect(try replaced.check(note).log == cast.log.verifierKey)
        #expect(throws: LedgerError.self) {
            try otherLog.replacing(logs: [.init(key: other), .init(key: other)])
        }
    }

    @Test func `takes names as octets`() throws {
        let cast = try Cast()
        let (x, y) = (try cast.verifierKey("X1"), try cast.verifierKey("X2"))
        // The Kelvin sign is not the letter K, and what is no UTF-8 is a name too.
        let kelvin = try cast.policy("witness K \(x)\nwitness \u{212A} \(y)\nquorum \u{212A}\n")
        #expect(kelvin.isQuorumMet(by: [Policy.Name([0xE2, 0x84, 0xAA])]))
        #expect(!kelvin.isQuorumMet(by: [Policy.Name("K".utf8)]))
        let accents = try cast.policy("witness \u{E9} \(x)\nwitness e\u{301} \(y)\nquorum \u{E9}\n")
        #expect(accents.witnesses.count == 2)
        let raw = Array("witness ".utf8) + [0xFF, 0xA0] + Array(" \(x)\nquorum ".utf8) + [0xFF, 0xA0, 0x0A]
        let policy = try Policy(parsing: raw)
        #expect(policy.octets == raw && policy.isQuorumMet(by: [Policy.Name([0xFF, 0xA0])]))
    }

    @Test func `may name many`() throws {
        var lines = try (0..<100).map {
            "log \(VerifierKey(name: "log\($0)", key: try Fixture.key(UInt8($0)).publicKey))"
        }
        lines += try (0..<100).map {
            let key = VerifierKey(name: "w\($0)", algorithm: .cosignature, key: try Fixture.key(UInt8($0)).publicKey)
            return "witness w\($0) \(key)"
        }
        // A chain of groups, each in the next.
        lines += ["group g0 all w0"] + (1..<100).map { "group g\($0) all g\($0 - 1) w\($0)" } + ["quorum g99", ""]
        let policy = try Policy(parsing: Array(lines.joined(separator: "\n").utf8))
        let all = Set(policy.witnesses.map(\.name))
        #expect(policy.isQuorumMet(by: all))
        for name in all { #expect(!policy.isQuorumMet(by: all.subtracting([name]))) }
    }

    @Test(arguments: [
        ("", "the last line does not end"), ("quorum none", "the last line does not end"), ("\n", "no quorum line"),
        ("# quorum none\n", "no quorum line"), ("quorum none\nquorum none\n", "line 2: a second quorum"),
        ("quorum\n", "line 1: not `quorum <name>`"), ("quorum none none\n", "line 1: not `quorum <name>`"),
        ("quorum X\n", "line 1: a quorum that is not defined before"),
        ("quorum X\nwitness X $X\n", "line 1: a quorum that is not defined before"),
        ("Quorum none\n", "line 1: no such keyword"), ("none\n", "line 1: no such keyword"),
        ("quorum none\r\n", "line 1: a control character"), ("\u{0}\nquorum none\n", "line 1: a control character"),
        ("#\u{7F}\nquorum none\n", "line 1: a control character"),
        ("quorum\u{A0}none\n", "line 1: no such keyword"),
        ("\u{FEFF}quorum none\n", "line 1: no such keyword"),
        ("log\nquorum none\n", "line 1: not `log <vkey> [<url>]`"),
        ("log $L u v\nquorum none\n", "line 1: not `log <vkey> [<url>]`"),
        ("log $L\nlog $L\nquorum none\n", "line 2: the public key of another log"),
        ("log $L\nlog $M\nquorum none\n", "line 2: the public key of another log"),
        ("log $X\nquorum none\n", "line 1: a key of the wrong algorithm"),
        ("log x\nquorum none\n", "line 1: verifier-key: form"),
        ("witness X\nquorum none\n", "line 1: not `witness <name> <vkey> [<url>]`"),
        ("witness X $X u v\nquorum none\n", "line 1: not `witness <name> <vkey> [<url>]`"),
        ("witness X $L\nquorum none\n", "line 1: a key of the wrong algorithm"),
        ("witness X $X\nwitness X $Y\nquorum X\n", "line 2: a name for the second time"),
        ("witness X $X\nwitness Y $X\nquorum X\n", "line 2: the public key of another witness"),
        ("witness X $X\nwitness Y $Z\nquorum X\n", "line 2: the public key of another witness"),
        ("witness none $X\nquorum none\n", "line 1: the name `none`"),
        ("witness X $X\ngroup none any X\nquorum none\n", "line 2: the name `none`"),
        ("witness X $X\ngroup X any X\nquorum X\n", "line 2: a name for the second time"),
        ("group G any\nquorum none\n", "line 1: not `group <name> all|any|<k> <member>…`"),
        ("group G any G\nquorum G\n", "line 1: a member that is not defined before"),
        ("group G any none\nquorum G\n", "line 1: a member that is not defined before"),
        ("group G any X\nwitness X $X\nquorum G\n", "line 1: a member that is not defined before"),
        ("witness X $X\ngroup G all X X\nquorum G\n", "line 2: a member for the second time"),
        ("witness X $X\ngroup G any X\ngroup H any X\nquorum G\n", "line 3: a member for the second time"),
        ("witness X $X\ngroup G 0 X\nquorum G\n", "line 2: a threshold"),
        ("witness X $X\ngroup G 2 X\nquorum G\n", "line 2: a threshold"),
        ("witness X $X\ngroup G 01 X\nquorum G\n", "line 2: a threshold"),
        ("witness X $X\ngroup G -1 X\nquorum G\n", "line 2: a threshold"),
        ("witness X $X\ngroup G 99999999999999999999 X\nquorum G\n", "line 2: a threshold"),
        ("witness X $X\ngroup G one X\nquorum G\n", "line 2: a threshold"),
    ])
    func `that breaks a rule is refused with the line that does`(text: String, reason: String) throws {
        let cast = try Cast()
        var text = text
        for (mark, key) in [
            ("$L", cast.log.verifierKey), ("$M", VerifierKey(name: "other", key: cast.log.verifierKey.key)),
            ("$X", try cast.verifierKey("X1")), ("$Y", try cast.verifierKey("Y1")),
            ("$Z", VerifierKey(name: "z", algorithm: .cosignature, key: try cast.key("X1").publicKey)),
        ] { text = text.replacing(mark, with: key.description) }
        let error = #expect(throws: LedgerError.self) { try cast.policy(text) }
        #expect(error?.code == .policy && error?.detail.hasPrefix(reason) == true, "\(String(describing: error))")
    }

    @Test func `is bounded`() throws {
        let long = [UInt8](repeating: UInt8(ascii: "#"), count: Policy.maximumSize) + Array("\nquorum none\n".utf8)
        #expect(throws: LedgerError(.tooLarge, "policy of \(long.count) bytes")) { try Policy(parsing: long) }
    }
}

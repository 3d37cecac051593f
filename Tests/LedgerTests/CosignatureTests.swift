import Crypto
import Ledger
import TestSupport
import Testing

/// A checkpoint of the public witness network, cosigned by four witnesses on 24 May 2026.
///
/// It carries a signature of type 0x05 too, which is nobody's business here.
private enum Published {
    static let log = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
    static let witnesses = [
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    ]
    static let time: UInt64 = 1_779_573_024

    static let note = """
        arche2025h1.staging.ct.transparency.dev
        1432088532
        U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

        — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
        — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
        — transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
        — witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
        — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
        — witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==

        """
}

@Suite struct `A cosignature` {
    @Test func `of the public witness network is accepted, and any change of the checkpoint is not`() throws {
        let note = try SignedNote(parsing: Published.note)
        let policy = """
            log \(Published.log)
            witness remora \(Published.witnesses[0])
            witness smartit \(Published.witnesses[1])
            group both all remora smartit
            quorum both

            """
        let verdict = try Policy(parsing: Array(policy.utf8)).check(note)
        #expect(verdict.isQuorumMet && verdict.checkpoint.size == 1_432_088_532)
        #expect(verdict.cosigners.map(\.time) == [Published.time, Published.time])
        for (old, new) in [("1432088532", "1432088533"), ("U7WM", "V7WM"), ("4Ro=\n\n", "4Ro=\nx\n\n")] {
            let changed = try SignedNote(parsing: Published.note.replacing(old, with: new, maxReplacements: 1))
            for key in try Published.witnesses.map({ try VerifierKey($0) }) {
                #expect(try note.verify(with: [key]) == [key])
                #expect(throws: LedgerError(.signature, "note")) { try changed.verify(with: [key]) }
            }
        }
    }

    @Test(
        arguments: Published.witnesses + [
            "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
            "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G",
            "staging.witness.transparency.goog/ring-any-bells+2e1a8dc9+BG5JTpLc3FJtwzgh1Uv+Qelz9qeOH2bfWjS1s0s+y4rL",
            "rgdd.se/poc-witness+db03732e+BCjJKlo6BU0xfIb8LutqerIFTWIXEA0L5n3tW3QyPFgG",
            "Wit1+55ee4561+AVhZSmQj9+SoL+p/nN0Hh76xXmF7QcHfytUrI1XfSClk",
        ])
    func `has a published key with the id that it is published with`(key: String) throws {
        #expect(try VerifierKey(key).description == key)
    }

    @Test(arguments: [0, 1, 1_679_315_147, UInt64(Int64.max)])
    func `signs time and text, extension lines included`(time: UInt64) throws {
        let cosigner = Cosigner(name: "witness.example/w1", key: try Fixture.key(3))
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n"
        let line = cosigner.sign(text, time: time)
        #expect(line.cosignatureTime == time && line.bytes.count == 72)
        #expect(
            try Fixture.key(3).publicKey.verify(
                Array(line.bytes.dropFirst(8)), Array("cosignature/v1\ntime \(time)\n\(text)".utf8)))
        let note = SignedNote(text: text, signers: []).adding([line])
        #expect(try note.verify(with: [cosigner.verifierKey]) == [cosigner.verifierKey])
        let other = SignedNote(text: text.replacing("extension", with: "extensions"), signers: []).adding([line])
        #expect(throws: LedgerError(.signature, "note")) { try other.verify(with: [cosigner.verifierKey]) }
        #expect(try VerifierKey(cosigner.verifierKey.description) == cosigner.verifierKey)
    }

    @Test func `tells its time only in its own form`() {
        func time(_ bytes: [UInt8]) -> UInt64? {
            SignedNote.Signature(name: "w", keyID: 1, bytes: bytes).cosignatureTime
        }
        let signature = [UInt8](repeating: 7, count: 64)
        #expect(time([0, 0, 0, 0, 0, 0, 1, 2] + signature) == 258)
        #expect(time([0x80, 0, 0, 0, 0, 0, 1, 2] + signature) == nil)
        #expect(time(signature) == nil && time([]) == nil && time([UInt8](repeating: 0, count: 73)) == nil)
    }
}

@Suite struct `A request to cosign` {
    /// A published request of the sigsum log of litewitness' tests, whose key is 52c05eda….
    private static let published = """
        old 0

        sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90
        1
        KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

        — sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90 7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6YvGGzV/lwo=

        """

    @Test func `as others publish it is granted`() throws {
        let request = try AddCheckpoint(parsing: Array(Self.published.utf8))
        #expect(request.old == 0 && request.hashes.isEmpty && request.body == Array(Self.published.utf8))
        let raw = try #require(Hex.decode("52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd"))
        let key = VerifierKey(
            name: try Checkpoint(text: request.note.text).origin, key: try Ed25519.PublicKey(raw))
        guard case .cosign(let checkpoint, let note) = WitnessDecision(request, keys: [key], cosigned: { _ in nil })
        else {
            Issue.record("refused")
            return
        }
        #expect(checkpoint.size == 1 && note == request.note)
    }

    @Test func `is read as it was written`() throws {
        let text = """
            old 20852014
            PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
            jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

            example.com/behind-the-sofa
            20852163
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

            """
        let request = try AddCheckpoint(parsing: Array(text.utf8))
        #expect(request.old == 20_852_014 && request.hashes.count == 2 && request.body == Array(text.utf8))
    }

    @Test(arguments: [
        "", "\n", "\n\n", "old 0\n", "old 0", "old\n\n$", "old 01\n\n$", "old -1\n\n$", "old  1\n\n$", "Old 1\n\n$",
        "old 1 \n\n$", "old 18446744073709551616\n\n$", "old 1\nAAAA\n\n$", "old 1\n!\n\n$", "old 1\r\n\r\n$",
        "old 1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n\n$", "\nold 1\n\n$", "old 1\n$", "old 1\n\n",
        "old 1\n\nx\n",
    ])
    func `in any other form is refused`(text: String) throws {
        let note = SignedNote(
            text: "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            signers: [
                NoteSigner(name: "a", key: try Fixture.key())
            ])
        #expect(throws: LedgerError.self) {
            try AddCheckpoint(parsing: Array(text.replacing("$", with: note.description).utf8))
        }
    }

    @Test func `is bounded`() throws {
        let note = SignedNote(
            text: "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            signers: [
                NoteSigner(name: "a", key: try Fixture.key())
            ])
        let most = AddCheckpoint(old: .max, hashes: Array(repeating: .zero, count: 63), note: note)
        #expect(try AddCheckpoint(parsing: most.body) == most)
        let more = AddCheckpoint(old: 0, hashes: Array(repeating: .zero, count: 64), note: note)
        #expect(throws: LedgerError(.proof, "64 hashes")) { try AddCheckpoint(parsing: more.body) }
        let long = [UInt8](repeating: 0x41, count: AddCheckpoint.maximumSize + 1)
        #expect(throws: LedgerError(.tooLarge, "request of \(long.count) bytes")) { try AddCheckpoint(parsing: long) }
        #expect(throws: LedgerError(.note, "no UTF-8")) { try AddCheckpoint(parsing: [0xFF] + more.body) }
    }
}

@Suite struct `A witness` {
    private static let leaves = (0..<300).map(Reference.leaf)
    private let log: NoteSigner

    init() throws { log = NoteSigner(name: "log.example/cxr", key: try Fixture.key()) }

    private func tree(_ size: Int) -> (tiles: MemoryTiles, checkpoint: Checkpoint) {
        var frontier = TileFrontier()
        let tiles = MemoryTiles(frontier.append(Array(Self.leaves.prefix(size))))
        return (tiles, Checkpoint(origin: log.name, size: UInt64(size), root: frontier.root))
    }

    private func request(old: Int, new: Int, claiming size: UInt64? = nil) throws -> AddCheckpoint {
        let (tiles, checkpoint) = tree(new)
        let hashes =
            old <= new ? try ConsistencyProof(old: UInt64(old), new: UInt64(new), reading: tiles).hashes : []
        return AddCheckpoint(
            old: size ?? UInt64(old), hashes: old == 0 ? [] : hashes,
            note: SignedNote(text: checkpoint.text, signers: [log]))
    }

    private func decide(
        _ request: AddCheckpoint, keys: [VerifierKey]? = nil, cosigned size: Int? = nil
    ) -> WitnessDecision {
        WitnessDecision(request, keys: keys ?? [log.verifierKey]) { _ in size.map { tree($0).checkpoint } }
    }

    @Test(arguments: [
        (0, 0), (0, 1), (0, 300), (1, 2), (1, 300), (7, 8), (8, 9), (128, 256), (200, 300), (299, 300),
        (300, 300),
    ])
    func `cosigns what continues what it cosigned last`(old: Int, new: Int) throws {
        let request = try request(old: old, new: new)
        let expected = WitnessDecision.cosign(tree(new).checkpoint, request.note)
        #expect(decide(request, cosigned: old) == expected)
        if old == 0 { #expect(decide(request, cosigned: nil) == expected) }
    }

    @Test func `does not know every log`() throws {
        let request = try request(old: 0, new: 5)
        #expect(decide(request, keys: []) == .refuse(.unknownLog))
        let other = NoteSigner(name: "other.example", key: try Fixture.key()).verifierKey
        #expect(decide(request, keys: [other]) == .refuse(.unknownLog))
        // Unknown before unsigned, unsigned before malformed: the order of the specification.
        #expect(decide(try self.request(old: 0, new: 5, claiming: 9), keys: []) == .refuse(.unknownLog))
    }

    @Test func `trusts the keys of the log alone`() throws {
        let good = try request(old: 0, new: 5)
        let other = NoteSigner(name: log.name, key: try Fixture.key(9))
        #expect(decide(good, keys: [other.verifierKey]) == .refuse(.untrusted))
        let twice = AddCheckpoint(
            old: 0, hashes: [], note: SignedNote(text: good.note.text, signers: [log, other]))
        // Signatures of others are ignored, and not kept.
        #expect(decide(twice) == .cosign(tree(5).checkpoint, good.note))
        // One of two trusted signatures is wrong.
        let forged = SignedNote.Signature(name: other.name, keyID: other.verifierKey.id, bytes: log.sign("x\n").bytes)
        let half = AddCheckpoint(old: 0, hashes: [], note: good.note.adding([forged]))
        #expect(decide(half, keys: [log.verifierKey, other.verifierKey]) == .refuse(.untrusted))
        #expect(decide(try request(old: 0, new: 5, claiming: 9), keys: [other.verifierKey]) == .refuse(.untrusted))
        // A cosignature key under the log's name is no key of the log.
        let cosigner = Cosigner(name: log.name, key: try Fixture.key()).verifierKey
        #expect(decide(good, keys: [cosigner]) == .refuse(.unknownLog))
    }

    @Test func `tells which size it cosigned last`() throws {
        #expect(decide(try request(old: 3, new: 5), cosigned: 4) == .refuse(.stale(cosigned: 4)))
        #expect(decide(try request(old: 0, new: 5), cosigned: 5) == .refuse(.stale(cosigned: 5)))
        #expect(decide(try request(old: 3, new: 5), cosigned: nil) == .refuse(.stale(cosigned: 0)))
        // A log that became smaller learns how large it was.
        #expect(decide(try request(old: 0, new: 5), cosigned: 9) == .refuse(.stale(cosigned: 9)))
    }

    @Test func `refuses an old size above the checkpoint's before it says which it knows`() throws {
        let refusal = decide(try request(old: 6, new: 5, claiming: 6), cosigned: 6)
        guard case .refuse(.malformed) = refusal else {
            Issue.record("\(refusal)")
            return
        }
    }

    @Test func `refuses a tree that does not continue the one it knows`() throws {
        let (fork, known) = (try request(old: 4, new: 9), tree(4).checkpoint)
        let other = Checkpoint(origin: log.name, size: 4, root: SHA256.hash([1]))
        #expect(WitnessDecision(fork, keys: [log.verifierKey], cosigned: { _ in other }) == .refuse(.inconsistent))
        let wrong = AddCheckpoint(old: 4, hashes: fork.hashes.dropLast(), note: fork.note)
        #expect(WitnessDecision(wrong, keys: [log.verifierKey], cosigned: { _ in known }) == .refuse(.inconsistent))
        // The same size with another root, with or without a proof.
        let same = try request(old: 4, new: 4)
        #expect(WitnessDecision(same, keys: [log.verifierKey], cosigned: { _ in other }) == .refuse(.inconsistent))
        let proved = AddCheckpoint(old: 4, hashes: [.zero], note: same.note)
        #expect(WitnessDecision(proved, keys: [log.verifierKey], cosigned: { _ in known }) == .refuse(.inconsistent))
        // From nothing there is nothing to prove.
        let first = AddCheckpoint(old: 0, hashes: [.zero], note: fork.note)
        #expect(WitnessDecision(first, keys: [log.verifierKey], cosigned: { _ in nil }) == .refuse(.inconsistent))
        // The empty tree has one root.
        let empty = Checkpoint(origin: log.name, size: 0, root: SHA256.hash([1]))
        let odd = AddCheckpoint(old: 0, hashes: [], note: SignedNote(text: empty.text, signers: [log]))
        #expect(WitnessDecision(odd, keys: [log.verifierKey], cosigned: { _ in nil }) == .refuse(.inconsistent))
    }

    @Test func `refuses a note that is no checkpoint`() throws {
        let note = SignedNote(text: "\(log.name)\nno size\n", signers: [log])
        guard case .refuse(.malformed) = decide(AddCheckpoint(old: 0, hashes: [], note: note)) else {
            Issue.record("not malformed")
            return
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `never cosigns anything but what the log signed, however a request is damaged`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let good = try request(old: 200, new: 300)
        var body = good.body
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            body[Int.random(in: body.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        guard body != good.body, let damaged = try? AddCheckpoint(parsing: body) else { return }
        guard case .cosign(_, let note) = decide(damaged, cosigned: 200) else { return }
        #expect(note == good.note)
    }
}

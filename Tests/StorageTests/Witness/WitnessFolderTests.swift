import Concurrency
import Crypto
import Foundation
import Ledger
import Storage
import StorageTestSupport
import Testing

/// A log of numbered entries, and a witness of it in a fresh folder.
private struct Scene: Sendable {
    static let time = Timestamp(microseconds: 1_700_000_000_123_456)
    let folder: String
    let log: NoteSigner
    let cosigner: Cosigner

    init(folder: String? = nil, origin: String = "log.example/cxr") throws {
        self.folder = try folder ?? TestFolder().path
        log = NoteSigner(name: origin, key: try Ed25519.PrivateKey(seed: SecretBytes(Array(1...32))))
        cosigner = Cosigner(name: "witness.example/1", key: try Ed25519.PrivateKey(seed: SecretBytes(Array(2...33))))
    }

    func witness(
        afterPersisting: @escaping @Sendable () -> Void = {}
    ) throws -> WitnessFolder {
        try WitnessFolder(
            path: folder, cosigner: cosigner, keys: [log.verifierKey], now: { Self.time },
            afterPersisting: afterPersisting)
    }

    /// The tree of entries `0`, `1`, …; another history in those of `fork`.
    func tree(_ size: Int, fork: Bool = false) -> (tiles: MemoryTiles, checkpoint: Checkpoint) {
        var frontier = TileFrontier()
        let leaves = (0..<size).map { Merkle.leafHash(entry: Array("\(fork && $0 == 0 ? "x" : "")\($0)".utf8)) }
        let tiles = MemoryTiles(frontier.append(leaves))
        return (tiles, Checkpoint(origin: log.name, size: UInt64(size), root: frontier.root))
    }

    func request(_ old: Int, _ new: Int, fork: Bool = false) throws -> [UInt8] {
        let (tiles, checkpoint) = tree(new, fork: fork)
        let hashes = old > 0 ? try ConsistencyProof(old: UInt64(old), new: UInt64(new), reading: tiles).hashes : []
        let note = SignedNote(text: checkpoint.text, signers: [log])
        return AddCheckpoint(old: UInt64(old), hashes: hashes, note: note).body
    }

    var file: String { "\(folder)/logs/\(WitnessFolder.hash(log.name))/checkpoint" }

    /// The size that is remembered, by a reader who trusts both signatures only.
    func remembered() throws -> UInt64? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let note = try SignedNote(parsing: String(contentsOfFile: file, encoding: .utf8))
        let keys = [log.verifierKey, cosigner.verifierKey]
        #expect(try note.verify(with: keys) == Set(keys))
        return try Checkpoint(text: note.text).size
    }
}

@Suite struct `The memory of a witness` {
    @Test func `is durable before its cosignature is given`() async throws {
        let scene = try Scene()
        let seen = Locked<UInt64?>(nil)
        let witness = try scene.witness { seen.withLock { $0 = try? scene.remembered() } }
        guard case .cosigned(let signature) = try await witness.add(try scene.request(0, 5)) else {
            Issue.record("refused")
            return
        }
        #expect(seen.withLock { $0 } == 5 && signature.cosignatureTime == 1_700_000_000)
        let note = SignedNote(text: scene.tree(5).checkpoint.text, signers: []).adding([signature])
        #expect(try note.verify(with: [scene.cosigner.verifierKey]).count == 1)
    }

    @Test func `only grows, in one history`() async throws {
        let scene = try Scene()
        let witness = try scene.witness()
        func answer(_ old: Int, _ new: Int, fork: Bool = false) async throws -> Int {
            switch try await witness.add(try scene.request(old, new, fork: fork)) {
            case .cosigned: 200
            case .refused(let refusal): refusal.status
            }
        }
        #expect(try await answer(0, 5) == 200)
        #expect(try await answer(0, 7) == 409)
        #expect(try await answer(5, 7) == 200)
        #expect(try await answer(5, 6) == 409)
        #expect(try await answer(7, 7) == 200)
        #expect(try await answer(7, 9, fork: true) == 422)
        #expect(try await answer(7, 7, fork: true) == 422)
        #expect(try scene.remembered() == 7)
        // The first contradiction is kept: the log signed it.
        let kept = try Data(
            contentsOf: URL(filePath: "\(scene.folder)/logs/\(WitnessFolder.hash(scene.log.name))/inconsistent"))
        #expect(try Array(kept) == scene.request(7, 9, fork: true))
        #expect(try await answer(7, 300) == 200)
        let served = try await witness.note(originHash: WitnessFolder.hash(scene.log.name))
        #expect(try Data(contentsOf: URL(filePath: scene.file)) == served.map { Data($0) })
    }

    @Test func `outlives the process`() async throws {
        let scene = try Scene()
        _ = try await scene.witness().add(try scene.request(0, 5))
        #expect(try await scene.witness().add(try scene.request(0, 6)) == .refused(.stale(cosigned: 5)))
        guard case .cosigned = try await scene.witness().add(try scene.request(5, 6)) else {
            Issue.record("refused")
            return
        }
    }

    @Test func `is not rolled back by overlapping requests, also of several processes`() async throws {
        let scene = try Scene()
        // Each opens the folder by itself, as processes do.
        let witnesses = try (0..<4).map { _ in try scene.witness() }
        _ = try await witnesses[0].add(try scene.request(0, 1))
        let sizes = try await withThrowingTaskGroup(of: UInt64?.self) { group in
            for round in 0..<40 {
                group.addTask {
                    // Everybody extends what was cosigned last when they looked, to a size of their own.
                    let old = Int(try scene.remembered() ?? 0)
                    let new = old + 1 + round % 7
                    guard case .cosigned = try await witnesses[round % 4].add(try scene.request(old, new)) else {
                        return nil
                    }
                    return UInt64(new)
                }
            }
            return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        #expect(!sizes.isEmpty && Set(sizes).count == sizes.count)
        #expect(try scene.remembered() == sizes.max())
    }

    @Test func `survives a kill between remembering and answering`() async throws {
        let scene = try Scene()
        _ = try await scene.witness().add(try scene.request(0, 5))
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = scene.folder as String] in
            let scene = try Scene(folder: folder)
            let witness = try scene.witness { kill(getpid(), SIGKILL) }
            _ = try await witness.add(try scene.request(5, 9))
        }
        // It answered nobody, but what it might have answered counts.
        #expect(try scene.remembered() == 9)
        #expect(try await scene.witness().add(try scene.request(5, 8)) == .refused(.stale(cosigned: 9)))
        guard case .cosigned = try await scene.witness().add(try scene.request(9, 9)) else {
            Issue.record("the same checkpoint was refused")
            return
        }
    }

    @Test(arguments: ["", "x", "zeros", "cut", "flipped", "other log", "other witness", "unsigned"])
    func `refuses to go on when it was damaged`(damage: String) async throws {
        let scene = try Scene()
        _ = try await scene.witness().add(try scene.request(0, 5))
        var bytes = Array(try Data(contentsOf: URL(filePath: scene.file)))
        let text = scene.tree(3).checkpoint.text
        switch damage {
        case "zeros": bytes = [UInt8](repeating: 0, count: bytes.count)
        case "cut": bytes.removeLast(20)
        case "flipped": bytes[20] ^= 1
        case "other log":
            let other = try Scene(origin: "other.example")
            bytes = Array(
                SignedNote(text: other.tree(3).checkpoint.text, signers: [])
                    .adding([scene.cosigner.sign(other.tree(3).checkpoint.text, time: 1)]).description.utf8)
        case "other witness":
            let other = Cosigner(name: scene.cosigner.name, key: .generate())
            bytes = Array(SignedNote(text: text, signers: []).adding([other.sign(text, time: 1)]).description.utf8)
        case "unsigned": bytes = Array(SignedNote(text: text, signers: [scene.log]).description.utf8)
        default: bytes = Array(damage.utf8)
        }
        try Data(bytes).write(to: URL(filePath: scene.file))
        await #expect(throws: StorageError(.corrupt)) { try await scene.witness().add(try scene.request(5, 6)) }
        await #expect(throws: StorageError(.corrupt)) { try await scene.witness().add(try scene.request(0, 6)) }
        #expect(Array(try Data(contentsOf: URL(filePath: scene.file))) == bytes)
    }

    @Test func `is missed when it is put back under a running witness`() async throws {
        let scene = try Scene()
        let witness = try scene.witness()
        _ = try await witness.add(try scene.request(0, 5))
        let old = try Data(contentsOf: URL(filePath: scene.file))
        _ = try await witness.add(try scene.request(5, 9))
        try old.write(to: URL(filePath: scene.file))
        await #expect(throws: StorageError(.corrupt)) { try await witness.add(try scene.request(5, 6)) }
        try FileManager.default.removeItem(atPath: scene.file)
        await #expect(throws: StorageError(.corrupt)) { try await witness.add(try scene.request(0, 6)) }
    }

    @Test func `takes no name of a log that is a path`() async throws {
        let scene = try Scene()
        let witness = try scene.witness()
        _ = try await witness.add(try scene.request(0, 5))
        let hash = WitnessFolder.hash(scene.log.name)
        for name in ["..", "../logs/\(hash)", hash.uppercased(), hash + "/", "", String(hash.dropLast())] {
            #expect(try await witness.note(originHash: name) == nil, "\(name)")
        }
    }

    @Test func `cosigns nothing when it cannot remember`() async throws {
        let scene = try Scene()
        let witness = try scene.witness()
        // A file stands where the folder of the logs should be.
        #expect(FileManager.default.createFile(atPath: scene.folder + "/logs", contents: nil))
        await #expect(throws: StorageError(.unavailable)) { try await witness.add(try scene.request(0, 5)) }
    }
}

import CanonicalJSON
import Crypto
import Foundation
import Ledger
import SQLiteStorage
import Storage
import StorageTestSupport
import Testing

/// One log through several deaths of the processes that append to it: what anybody ever saw of it, and what is left.
struct CrashRound {
    /// How a process ends.
    struct Death: Sendable {
        let step: String
        let count: Int

        static let none = Death(step: "none", count: 0)
    }

    private static let log = CrashLog.log
    private let folder: TestFolder
    private let names = ["first", "second"]

    init() throws { folder = try TestFolder() }

    /// The rig lies beside the program that runs the tests.
    private static let rig: String = {
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appending(path: "CrashRig").path()
    }()

    private func database(_ name: String) -> String { folder.path + "/" + name }

    /// Keeps the database as it is now under another name: the backup of yesterday.
    func copyDatabase(as name: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: database("log.db") + suffix) {
            try? FileManager.default.removeItem(atPath: database(name) + suffix)
            try FileManager.default.copyItem(atPath: database("log.db") + suffix, toPath: database(name) + suffix)
        }
    }

    /// Runs both processes until each has ended; `databases` are those that they append to.
    ///
    /// - Returns: how many were killed.
    func live(_ deaths: [Death], databases: [String] = ["log.db", "log.db"], asking prefixes: [String]) async throws
        -> Int
    {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (number, death) in deaths.enumerated() {
                let words =
                    [folder.path, databases[number], names[number], death.step, "\(death.count)"]
                    + prefixes.map { "\($0)-\(names[number])" }
                group.addTask { try await Self.run(words) }
            }
            var killed = 0
            for try await wasKilled in group where wasKilled { killed += 1 }
            return killed
        }
    }

    /// Whether the process was killed; any other end but a good one is an error.
    private static func run(_ words: [String]) async throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: rig)
        process.arguments = words
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { process in
                switch (process.terminationReason, process.terminationStatus) {
                case (.uncaughtSignal, SIGKILL): continuation.resume(returning: true)
                case (.exit, 0): continuation.resume(returning: false)
                case (let reason, let status):
                    let end = "the rig ended with \(reason.rawValue)/\(status)"
                    continuation.resume(throwing: AuditFailure(end))
                }
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }

    /// Holds everything that was ever seen against what is in the database whose tree the lock knows.
    ///
    /// A note that was only signed was seen by nobody; where two databases share the lock, it may be of the tree that lost.
    func check(databases: [String] = ["log.db"], countingSigned: Bool = true) async throws {
        let lock = try FileCheckpointLock(path: CrashLog.lock(in: folder.path))
        let locked = try lock.current().map { try Checkpoint(note: $0) }
        for name in databases {
            let store = try SQLiteEventStore(path: database(name), origin: Self.log.origin, readers: 1)
            let isTheirs = databases.count == 1
            guard let audit = try await audit(store, lock: isTheirs ? lock : nil) else { continue }
            guard isTheirs || audit.root(at: locked?.size ?? 0) == locked?.root else { continue }
            return try await check(store, audit, countingSigned: countingSigned)
        }
        #expect(locked == nil, "the tree that the lock knows is nowhere")
    }

    private func audit(_ store: any EventStore, lock: (any CheckpointLock)?) async throws -> LogAudit? {
        let size = try await store.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
        return size == 0 ? nil : try await LogAudit(store, of: Self.log, lock: lock)
    }

    private func check(_ store: any EventStore, _ audit: LogAudit, countingSigned: Bool) async throws {
        let seen = try names.flatMap { try Diary.read("\(folder.path)/\($0).diary") }
        var proofs: [UInt64: [(index: UInt64, hash: String, root: Digest)]] = [:]
        for line in seen where countingSigned || line.kind != "signed" {
            let verifier = Self.log.checkpointSigner.verifierKey
            let checkpoint = try Checkpoint(note: line.note, signedBy: [verifier])
            // One root for a size, over entries that are there.
            #expect(audit.root(at: checkpoint.size) == checkpoint.root, "\(line.kind) \(checkpoint.size)")
            for (offset, hash) in line.hashes.enumerated() {
                proofs[checkpoint.size, default: []].append((line.index + UInt64(offset), hash, checkpoint.root))
            }
        }
        for (size, leaves) in proofs {
            try await store.read { reader throws(StorageError) in
                for leaf in leaves {
                    let proof = try? InclusionProof(index: leaf.index, size: size, reading: reader)
                    let holds = Digest(hex: leaf.hash).map { proof?.verify(leaf: $0, root: leaf.root) }
                    #expect(holds == true, "the proof of \(leaf.index) in \(size)")
                }
            }
        }
        try checkOnce(audit, seen)
        try await checkPublished(audit)
    }

    /// What is published is of the same tree, and every tile and bundle of it is there.
    private func checkPublished(_ audit: LogAudit) async throws {
        let tiles = TileFolder(reading: CrashLog.tiles(in: folder.path))
        guard let note = try await tiles.checkpoint() else { return }
        let checkpoint = try #require(CrashLog.verified(note))
        #expect(audit.root(at: checkpoint.size) == checkpoint.root, "published \(checkpoint.size)")
        var frontier = TileFrontier()
        for tile in TileCoordinate.all(size: checkpoint.size) {
            #expect(try await tiles.hashes(tile)?.count == 32 * tile.width, "\(tile.path)")
            guard tile.level == 0 else { continue }
            let entries = try #require(try await tiles.entries(tile), "\(tile.entriesPath)")
            _ = frontier.append(entries.map { Entry.hash($0) })
        }
        #expect(frontier.root == checkpoint.root)
    }

    /// A command that was acknowledged is there once, however often it was asked, and always the same.
    private func checkOnce(_ audit: LogAudit, _ seen: [Diary.Seen]) throws {
        var acknowledged: [String: [String]] = [:]
        for line in seen where line.kind == "acknowledged" {
            #expect(acknowledged[line.key, default: line.hashes] == line.hashes, "\(line.key)")
            acknowledged[line.key] = line.hashes
        }
        var counts: [String: Int] = [:]
        for envelope in audit.envelopes {
            if let key = envelope.parsedPayload()["key"]?.stringValue { counts[key, default: 0] += 1 }
        }
        for (key, hashes) in acknowledged { #expect(counts[key] == hashes.count, "\(key)") }
        for (key, count) in counts {
            let number = key.split(separator: "-").last.flatMap { Int($0) } ?? 0
            #expect(count == number % 3 + 1, "\(key)")
        }
    }
}

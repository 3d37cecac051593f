import Crypto
import Foundation
import Ledger
import Records
import SQLiteStorage
import Storage
import Testing

@testable import Service

@Suite struct `A recovery` {
    /// Publishes a log as its service does, up to its lock or a smaller size.
    private func publish(_ bench: Workbench, into folder: String) async throws {
        let (application, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        let released = try #require(try await application.proven.checkpoint())
        let control = application.control
        let log = application.log
        let publisher = TilePublisher(target: try TileFolder(folder), log: log) { note throws(StorageError) in
            try await log.read { reader throws(StorageError) in
                ProvenLog.checkpoint(note, keys: try control.keys(reading: reader))?.checkpoint
            }
        }
        try await publisher.publish(.init(note: released.note, checkpoint: released.checkpoint))
    }

    private func recover(
        _ bench: Workbench, from folder: String, backup: String? = nil, backend: (any StorageBackend)? = nil
    ) async throws -> RecoveryReport {
        try await LogRecovery.run(
            from: TileFolder(reading: folder), backup: backup, settings: bench.settings,
            backend: backend ?? Workbench.backend(bench.settings), bench.administrator
        ) { _, _, _ in }
    }

    @Test func `from tiles brings back the very log that was acknowledged, and what was read meanwhile`() async throws {
        let bench = try await BehindBench()
        defer { bench.remove() }
        let tiles = bench.today.folder.path() + "tlog"
        try await publish(bench.today, into: tiles)
        _ = try await bench.behind.application.prediction(bench.kept[0], bench.behind.administrator)
        let (locked, root) = try await lockedHead(bench.today)
        let report = try await recover(bench.behind, from: tiles)
        #expect((report.from, report.to, report.root) == (bench.sizes.yesterday, locked, root))
        #expect(report.missingFiles == [] && report.missingSecrets == 0)
        // The service that was there all the time goes on, without another start.
        let application = bench.behind.application
        #expect(
            try await application.prediction(bench.lost[0], bench.behind.administrator).level == "durable and proven")
        let request = PredictionRequest(image: try Workbench.xray(), patient: nil)
        _ = try await application.predict(request, bench.behind.administrator)
        let types = try await application.log.read { reader throws(StorageError) in
            try reader.entries(from: locked, limit: 4).map(\.type)
        }
        #expect(types == ["LogRecovered", "PredictionRead", "SpoolAppended", "PredictionRead"])
        #expect(try await bench.behind.verify().findings == [])
        #expect(await code { _ = try await recover(bench.behind, from: tiles) } == "not-behind")
    }

    /// Nobody shall take for certain that there is no prediction while some are missing.
    @Test func `is what lists and unknown predictions point to meanwhile`() async throws {
        let bench = try await BehindBench()
        defer { bench.remove() }
        let (application, missing) = (bench.behind.application, bench.sizes.today - bench.sizes.yesterday)
        let error = await #expect(throws: ServiceError.self) {
            try await application.prediction(bench.lost[0], bench.behind.administrator)
        }
        #expect(error?.code == "prediction-unknown" && error?.detail.contains("BEHIND") == true)
        let page = try await application.predictions(.init(), bench.behind.administrator)
        #expect(page.predictions.count == 2 && (page.missing ?? 0) >= missing)
        let (today, _) = try await Application.open(
            bench.today.settings, backend: Workbench.backend(bench.today.settings))
        #expect(try await today.predictions(.init(), bench.today.administrator).missing == nil)
    }

    @Test func `from a backup brings pictures and secrets with it`() async throws {
        let bench = try await BehindBench()
        defer { bench.remove() }
        let (today, _) = try await Application.open(
            bench.today.settings, backend: Workbench.backend(bench.today.settings))
        let backup = try await today.backup(to: nil, bench.today.administrator)
        // As after the restore of an older backup: what came later is nowhere in the home.
        let home = URL(filePath: bench.behind.settings.home)
        let named = try await today.history(of: bench.lost[1]).prediction
        try FileManager.default.removeItem(
            at: home.appending(path: "images/\(named.image.blob.prefix(2))/\(named.image.blob)"))
        try FileManager.default.removeItem(at: home.appending(path: "lock/checkpoint"))
        try FileManager.default.copyItem(
            atPath: bench.today.settings.lock, toPath: home.path() + "/lock/checkpoint")
        let report = try await recover(bench.behind, from: backup.path, backup: backup.path)
        #expect(report.to == backup.size && report.source == "backup" && report.missingFiles == [])
        #expect(try await bench.behind.verify().findings == [])
    }

    @Test func `is refused when the source ends too early, is another log's, or was changed`() async throws {
        let bench = try await BehindBench(kept: 1, lost: 1)
        defer { bench.remove() }
        let tiles = bench.today.folder.path() + "tlog"
        #expect(await code { _ = try await recover(bench.behind, from: tiles) } == "recovery-source-missing")
        let other = try await Workbench()
        defer { other.remove() }
        try await publish(other, into: tiles + "-other")
        #expect(await code { _ = try await recover(bench.behind, from: tiles + "-other") } == "recovery-source-foreign")
        try await publish(bench.today, into: tiles)
        let (locked, _) = try await lockedHead(bench.today)
        let bundle = URL(filePath: "\(tiles)/tile/entries/000.p/\(locked)")
        let sound = try Data(contentsOf: bundle)
        // What the database holds is not read from there.
        let kept = try await bench.behind.application.log.read { reader throws(StorageError) in
            try reader.entries(from: 0, limit: .max).reduce(0) { $0 + $1.bytes.count + 2 }
        }
        for place in stride(from: kept, to: sound.count, by: 97) {
            var bytes = sound
            bytes[place] ^= 1
            try bytes.write(to: bundle)
            let found = await code { _ = try await recover(bench.behind, from: tiles) }
            guard let found else {
                Issue.record("byte \(place) was not noticed")
                return
            }
            #expect(["recovery-source-damaged", "forked"].contains(found), "byte \(place): \(found)")
        }
        try sound.dropLast(40).write(to: bundle)
        #expect(await code { _ = try await recover(bench.behind, from: tiles) } == "recovery-source-damaged")
        try sound.write(to: bundle)
        // Yesterday's tiles, with a checkpoint of yesterday.
        let note = try Checkpoint(
            note: String(decoding: Data(contentsOf: URL(filePath: tiles + "/checkpoint")), as: UTF8.self))
        let early = "\(note.origin)\n\(note.size - 1)\n\(Base64.encode(note.root.bytes))\n\n— \(note.origin) AAAAAAAA\n"
        try Data(early.utf8).write(to: URL(filePath: tiles + "/checkpoint"))
        do {
            _ = try await recover(bench.behind, from: tiles)
            Issue.record("a source that ends early was taken")
        } catch let error as ServiceError {
            #expect(error.code == "recovery-source-short" && error.detail.contains("the last 1 are not there"))
        }
        #expect(try await bench.behind.application.head().size == bench.sizes.yesterday)
    }

    /// The process ends after each of the batches that a recovery commits: the log is BEHIND by less, and recovered again.
    @Test(arguments: [false, true]) func `that was interrupted anywhere is gone on with`(
        isRecoveredOnceMore: Bool
    ) async throws {
        let bench = try await BehindBench(kept: 1, lost: 0) { _ in }
        defer { bench.remove() }
        let (today, _) = try await Application.open(
            bench.today.settings, backend: Workbench.backend(bench.today.settings))
        for _ in 0..<700 {
            try await today.note(.logout(.init(credential: "c")), in: "security", bench.today.administrator)
        }
        try FileManager.default.removeItem(atPath: bench.behind.settings.lock)
        try FileManager.default.copyItem(atPath: bench.today.settings.lock, toPath: bench.behind.settings.lock)
        let tiles = bench.today.folder.path() + "tlog"
        try await publish(bench.today, into: tiles)
        let (locked, root) = try await lockedHead(bench.today)
        var sizes: [UInt64] = []
        while sizes.count < 20 {
            let backend = FailingBackend(Workbench.backend(bench.behind.settings), afterCommits: 1)
            let failure = await code { _ = try await recover(bench.behind, from: tiles, backend: backend) }
            let size = try await Workbench.backend(bench.behind.settings).openLog(origin: today.origin).read {
                reader throws(StorageError) in try reader.head()?.size ?? 0
            }
            sizes.append(size)
            guard size < locked else { break }
            #expect(failure == "store-full")
        }
        #expect(sizes.count >= 3 && sizes == sizes.sorted() && Set(sizes).count == sizes.count)
        // The last batch was there, and the event that tells of it was not: that comes with the next try or start.
        if isRecoveredOnceMore {
            #expect(try await recover(bench.behind, from: tiles).to == locked)
            #expect(await code { _ = try await recover(bench.behind, from: tiles) } == "not-behind")
        }
        let (application, _) = try await Application.open(
            bench.behind.settings, backend: Workbench.backend(bench.behind.settings))
        try await application.start()
        let told = try await application.log.read { reader throws(StorageError) in
            try reader.entries(from: locked, limit: 100).filter { $0.type == EventType.logRecovered.rawValue }
        }
        let due = LogRecovered(from: bench.sizes.yesterday, to: locked, root: root, source: "tiles")
        #expect(try told.map { try LoggedEvent($0).fact } == [.known(.logRecovered(due))])
        #expect(try await Workbench.verify(bench.behind.settings).findings == [])
    }

    @Test func `of a database that is gone begins at nothing`() async throws {
        let bench = try await BehindBench(kept: 1, lost: 1)
        defer { bench.remove() }
        let tiles = bench.today.folder.path() + "tlog"
        try await publish(bench.today, into: tiles)
        let folder = FileManager.default.temporaryDirectory.appending(path: "cxr-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: bench.behind.folder, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path() + "/home/cxrledger.db" + suffix)
        }
        #expect(await code { _ = try await Workbench(folder: folder) } == "log-missing")
        var settings = bench.behind.settings
        settings.home = folder.path() + "/home"
        settings.lock = settings.home + "/lock/checkpoint"
        let report = try await LogRecovery.run(
            from: TileFolder(reading: tiles), backup: nil, settings: settings, backend: Workbench.backend(settings),
            bench.behind.administrator
        ) { _, _, _ in }
        #expect(report.from == 0)
        #expect(try await Workbench.verify(settings).findings == [])
    }

    private func lockedHead(_ bench: Workbench) async throws -> (size: UInt64, root: String) {
        let note = try #require(try FileCheckpointLock(reading: bench.settings.lock).current())
        let checkpoint = try Checkpoint(note: note)
        return (checkpoint.size, checkpoint.root.hex)
    }
}

import Concurrency
import Crypto
import Foundation
import Storage
import TestSupport
import Testing

@testable import Service

@Suite struct `A restore` {
    private func bench() async throws -> (bench: Workbench, backup: BackupView) {
        let bench = try await Workbench()
        try await bench.application.start()
        for number in 0..<3 {
            let request = PredictionRequest(image: try Workbench.xray(number), patient: "P-\(number)")
            _ = try await bench.application.predict(request, bench.administrator)
        }
        return (bench, try await bench.application.backup(to: nil, bench.administrator))
    }

    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch { return (error as? ServiceError)?.code }
    }

    /// The process ends after any of the things that a restore writes; the same command goes on.
    @Test func `that was interrupted is gone on with, and opened by nobody before`() async throws {
        let (bench, backup) = try await bench()
        defer { bench.remove() }
        for failing in [InterruptedBackend.Point.log, .secrets, .projections] {
            let backend = InterruptedBackend(Workbench.backend(bench.restored), at: failing)
            await #expect(throws: ServiceError.self) {
                try await bench.restore(backup, lock: bench.settings.lock, backend: backend)
            }
            #expect(
                await code {
                    _ = try await Application.open(bench.restored, backend: Workbench.backend(bench.restored))
                } == "restore-unfinished")
            #expect(!Home(bench.restored.home).isInitialised)
        }
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == "live" && report.root == backup.root)
        #expect(try await Workbench.verify(settings).findings == [])
        #expect(await code { _ = try await bench.restore(backup, lock: nil) } == "home-not-empty")
    }

    @Test func `of a folder without a backup says that there is none`() async throws {
        let (bench, backup) = try await bench()
        defer { bench.remove() }
        try FileManager.default.moveItem(atPath: backup.path, toPath: backup.path + ".elsewhere")
        #expect(await code { _ = try await bench.restore(backup, lock: nil) } == "backup-missing")
        #expect(!FileManager.default.fileExists(atPath: bench.restored.home))
    }

    @Test func `of another backup does not go on where one was interrupted`() async throws {
        let (bench, backup) = try await bench()
        defer { bench.remove() }
        let other = try await bench.application.backup(to: nil, bench.administrator)
        let backend = InterruptedBackend(Workbench.backend(bench.restored), at: .secrets)
        #expect(await code { _ = try await bench.restore(backup, lock: nil, backend: backend) } == "store-full")
        #expect(await code { _ = try await bench.restore(other, lock: nil) } == "restore-unfinished")
        _ = try await bench.restore(backup, lock: nil)
    }

    @Test func `of a backup without one of its files is refused, however its manifest was trimmed`() async throws {
        let (bench, backup) = try await bench()
        defer { bench.remove() }
        let path = URL(filePath: backup.path + "/manifest.json")
        let whole = try BackupManifest(parsing: [UInt8](Data(contentsOf: path)))
        // Models that were registered by earlier versions came without their cards.
        let cards = Set(try bench.cardFiles(in: backup.path))
        for file in whole.files where file.path != "checkpoint" && !cards.contains(file.path) {
            let trimmed = BackupManifest(
                origin: whole.origin, size: whole.size, root: whole.root,
                files: whole.files.filter { $0 != file }, projections: whole.projections)
            try write(trimmed, to: backup)
            let found = await code { _ = try await bench.restore(backup, lock: nil) }
            #expect(found == "backup-damaged", "\(file.path)")
        }
        for change in ["another", "none"] {
            let projections = whole.projections.dropLast().map {
                BackupManifest.Projection(
                    name: $0.name, version: $0.version, rows: $0.rows, digest: String(repeating: "0", count: 64))
            }
            let changed = BackupManifest(
                origin: whole.origin, size: whole.size, root: whole.root, files: whole.files,
                projections: change == "none" ? [] : projections + whole.projections.suffix(1))
            try write(changed, to: backup)
            let found = await code { _ = try await bench.restore(backup, lock: nil) }
            #expect(found == "projection-differs")
            FileManager.default.removeHome(atPath: bench.restored.home)
        }
        try write(whole, to: backup)
        _ = try await bench.restore(backup, lock: nil)
    }

    @Test func `is refused when a subject's secret is missing or does not open`() async throws {
        let (bench, backup) = try await bench()
        defer { bench.remove() }
        let subjects = URL(filePath: backup.secrets + "/subjects.jsonl")
        let whole = try Data(contentsOf: subjects)
        let lines = whole.split(separator: UInt8(ascii: "\n"))
        let patients = lines.indices.filter { String(decoding: lines[$0], as: UTF8.self).contains("patient") }
        let lacking = lines.indices.filter { $0 != patients.first }.map { lines[$0] }
        try writeSecret("subjects.jsonl", Data(lacking.joined(separator: [0x0A])), of: backup)
        #expect(await code { _ = try await bench.restore(backup, lock: nil) } == "secrets-missing")
        try writeSecret("subjects.jsonl", whole, of: backup)
        let key = try Data(contentsOf: URL(filePath: backup.secrets + "/wrapping.key"))
        try writeSecret("wrapping.key", Data(String(repeating: "0", count: 64).utf8), of: backup)
        #expect(await code { _ = try await bench.restore(backup, lock: nil) } == "secret-unreadable")
        try writeSecret("wrapping.key", key, of: backup)
        #expect(!FileManager.default.fileExists(atPath: bench.restored.home))
    }

    @Test func `is never live without signing keys, nor with a damaged lock`() async throws {
        let (bench, backup) = try await bench()
        defer { bench.remove() }
        let lock = URL(filePath: bench.settings.lock)
        let sound = try Data(contentsOf: lock)
        var damaged = sound
        damaged[sound.count / 2 + 10] ^= 1
        try damaged.write(to: lock)
        #expect(await code { _ = try await bench.restore(backup, lock: bench.settings.lock) } == "lock-damaged")
        try sound.write(to: lock)
        try FileManager.default.removeItem(atPath: backup.secrets + "/event.key")
        try writeSums(of: backup)
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == "read-only")
        #expect(report.sentences.contains { $0.contains("holds no signing keys") })
        #expect(try await Workbench.verify(settings).findings == [])
    }

    private func write(_ manifest: BackupManifest, to backup: BackupView) throws {
        try Data(manifest.bytes).write(to: URL(filePath: backup.path + "/manifest.json"))
        try Data(manifest.digest.utf8).write(to: URL(filePath: backup.path + "/manifest.sha256"))
    }

    private func writeSecret(_ name: String, _ bytes: Data, of backup: BackupView) throws {
        try bytes.write(to: URL(filePath: "\(backup.secrets)/\(name)"))
        try writeSums(of: backup)
    }

    private func writeSums(of backup: BackupView) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: backup.secrets).filter { $0 != "SHA256SUMS" }
        let sums = try names.sorted().map { name in
            let bytes = try Data(contentsOf: URL(filePath: "\(backup.secrets)/\(name)"))
            return "\(SHA256.hash([UInt8](bytes)).hex)  \(name)\n"
        }
        try Data(sums.joined().utf8).write(to: URL(filePath: backup.secrets + "/SHA256SUMS"))
    }
}

@Suite struct `A home whose log had begun` {
    private func code(_ bench: Workbench) async -> String? {
        do {
            _ = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
            return nil
        } catch { return error.code }
    }

    private func removeDatabase(_ bench: Workbench) {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: bench.settings.home + "/cxrledger.db" + suffix)
        }
    }

    @Test func `does not begin again when the database is gone, with or without its lock`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        removeDatabase(bench)
        #expect(await code(bench) == "log-missing")
        try FileManager.default.removeItem(atPath: bench.settings.lock)
        #expect(await code(bench) == "log-missing")
        #expect(!FileManager.default.fileExists(atPath: bench.settings.lock) || lockIsEmpty(bench))
    }

    @Test func `keeps its keys when their origin is gone`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let keys = URL(filePath: bench.settings.home + "/keys")
        let (origin, root) = (keys.appending(path: "origin"), keys.appending(path: "root.key"))
        let (bytes, key) = (try Data(contentsOf: origin), try Data(contentsOf: root))
        try FileManager.default.removeItem(at: origin)
        #expect(await code(bench) == "keys-missing")
        removeDatabase(bench)
        #expect(await code(bench) == "keys-incomplete")
        #expect(try Data(contentsOf: root) == key)
        try bytes.write(to: origin)
        #expect(await code(bench) == "log-missing")
    }

    @Test func `does not take another log that its root began`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let pin = URL(filePath: bench.settings.home + "/keys/genesis")
        let genesis = try Data(contentsOf: pin)
        removeDatabase(bench)
        for file in [pin, URL(filePath: bench.settings.lock)] { try FileManager.default.removeItem(at: file) }
        #expect(await code(bench) == nil)  // nothing is left that remembers the first one
        try genesis.write(to: pin)
        #expect(await code(bench) == "log-foreign")
        #expect(try await bench.verify().findings.map(\.code) == ["pin"])
    }

    private func lockIsEmpty(_ bench: Workbench) -> Bool {
        (try? FileCheckpointLock(path: bench.settings.lock).current()) == .some(nil)
    }
}

extension Workbench {
    /// The files of models in a backup that are cards: JSON, not archives.
    fileprivate func cardFiles(in backup: String) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: backup + "/models")?.compactMap { $0 as? String } ?? []
        return names.filter {
            FileManager.default.contents(atPath: "\(backup)/models/\($0)")?.first == UInt8(ascii: "{")
        }
        .map { "models/\($0)" }
    }
}

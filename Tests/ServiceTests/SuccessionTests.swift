import CanonicalJSON
import Crypto
import Foundation
import Ledger
import Records
import Storage
import TestSupport
import Testing

@testable import Service

@Suite struct `A new log for one whose tail is lost` {
    private func successor(of bench: Workbench) -> Settings {
        var settings = bench.settings
        settings.home = bench.folder.appending(path: "successor").path()
        settings.lock = settings.home + "/lock/checkpoint"
        return settings
    }

    private func begin(
        _ bench: Workbench, rootKey: String? = nil, isConfirmed: Bool = true
    ) async throws -> LogSuccession.Report? {
        let new = successor(of: bench)
        return try await LogSuccession.run(
            reason: "the disk is gone", rootKey: rootKey, old: (bench.settings, Workbench.backend(bench.settings)),
            new: (new, Workbench.backend(new)), bench.administrator, progress: { _, _ in },
            confirm: { _ in isConfirmed })
    }

    @Test func `names the old one, knows its models, keys and patients, and is the only one that goes on`() async throws
    {
        let bench = try await BehindBench()
        defer { bench.remove() }
        let old = bench.behind
        let report = try #require(try await begin(old))
        #expect(
            report.predecessor.kept == bench.sizes.yesterday
                && report.predecessor.acknowledged > report.predecessor.kept)
        let settings = successor(of: old)
        let (new, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        try await new.start()
        // The same key opens the door, the same patient is the same subject, the same model answers.
        let key = try #require(bench.today.administratorKey)
        let context = try await new.authenticate(key: key, from: .init(correlation: "c"))
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-0")
        let view = try await new.predict(request, context).view
        let before = try await old.application.history(of: bench.kept[0]).prediction
        let after = try await new.history(of: view.id).prediction
        #expect(after.subject == before.subject && after.model == before.model && after.threshold == before.threshold)
        #expect(try await new.image(of: view.id, context).bytes == Workbench.xray())
        let verified = try await Workbench.verify(settings)
        #expect(verified.findings == [])
        let check = try #require(verified.checks.first { $0.name == "predecessor" })
        #expect(check.verdict == "passed" && check.detail.contains(old.application.origin))
        // A backup of the new log is whole without the old one.
        let backup = try await new.backup(to: old.folder.path() + "/backups", context)
        var restored = settings
        restored.home = old.folder.appending(path: "restored").path()
        restored.lock = restored.home + "/lock/checkpoint"
        let state = try await Restore.run(
            from: backup.path, secrets: nil, lock: settings.lock, into: restored, backend: Workbench.backend(restored)
        ) { _, _ in }.state
        #expect(state == "live")
        try await frozen(bench)
    }

    /// The old log is read and verified, and nothing brings it back to life.
    private func frozen(_ bench: BehindBench) async throws {
        let old = bench.behind
        let (application, _) = try await Application.open(old.settings, backend: Workbench.backend(old.settings))
        try await application.start()
        #expect(application.readOnly?.code == "log-frozen")
        #expect(try await application.prediction(bench.kept[0], old.administrator).id == bench.kept[0])
        let request = PredictionRequest(image: try Workbench.xray(), patient: nil)
        #expect(await code { _ = try await application.predict(request, old.administrator) } == "log-frozen")
        let verified = try await old.verify()
        #expect(verified.checks.contains { $0.name == "successor" })
        #expect(Set(verified.findings.map(\.code)) == ["behind"])
        #expect(await code { _ = try await begin(old) } == "log-frozen")
        #expect(
            await code {
                _ = try await LogRecovery.run(
                    from: TileFolder(reading: "/nowhere"), backup: nil, settings: old.settings,
                    backend: Workbench.backend(old.settings), old.administrator
                ) { _, _, _ in }
            } == "log-frozen")
        // Not even a backup that holds everything: its lock says that the log ended.
        let (today, _) = try await Application.open(
            bench.today.settings, backend: Workbench.backend(bench.today.settings))
        let backup = try await today.backup(to: nil, bench.today.administrator)
        FileManager.default.removeHome(atPath: old.restored.home)
        #expect(await code { _ = try await old.restore(backup, lock: old.settings.lock) } == "log-frozen")
    }

    @Test func `is refused for a log that is whole, without its root key, and without a word`() async throws {
        let bench = try await BehindBench(kept: 1, lost: 1)
        defer { bench.remove() }
        let new = successor(of: bench.behind)
        #expect(await code { _ = try await begin(bench.today) } == "log-intact")
        #expect(try await begin(bench.behind, isConfirmed: false) == nil)
        let root = bench.behind.settings.home + "/keys/root.key"
        try FileManager.default.moveItem(atPath: root, toPath: root + ".safe")
        #expect(await code { _ = try await begin(bench.behind) } == "root-missing")
        #expect(
            await code { _ = try await begin(bench.behind, rootKey: bench.behind.settings.home + "/keys/event.key") }
                == "root-key-wrong")
        #expect(!FileManager.default.fileExists(atPath: new.home))
        #expect(try await begin(bench.behind, rootKey: root + ".safe") != nil)
        #expect(!FileManager.default.fileExists(atPath: new.home + "/keys/root.key"))
        #expect(try await Workbench.verify(new).findings == [])
    }

    /// The process ends before the old log is frozen, and after: nobody opens the new home before.
    @Test func `is used by nobody until the old one is frozen`() async throws {
        let bench = try await BehindBench(kept: 1, lost: 1)
        defer { bench.remove() }
        let new = successor(of: bench.behind)
        _ = try await begin(bench.behind)
        let restoring = URL(filePath: new.home + "/restoring")
        try Data("new-origin".utf8).write(to: restoring)
        #expect(
            await code { _ = try await Application.open(new, backend: Workbench.backend(new)) }
                == "new-origin-unfinished")
        #expect(try await begin(bench.behind) != nil)
        _ = try await Application.open(new, backend: Workbench.backend(new))
        try Data("new-origin".utf8).write(to: restoring)
        for mark in [bench.behind.settings.home + "/frozen", bench.behind.settings.lock + ".frozen"] {
            try FileManager.default.removeItem(atPath: mark)
        }
        #expect(await code { _ = try await begin(bench.behind) } == "new-origin-unfinished")
        FileManager.default.removeHome(atPath: new.home)
        #expect(try await begin(bench.behind) != nil)
    }
}

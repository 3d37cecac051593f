import Concurrency
import Crypto
import Foundation
import Ledger
import Records
import Storage
import Testing

@testable import Service

@Suite struct `The publication of a service` {
    private static func wait(upTo seconds: Int = 20, for condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<(seconds * 20) {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private func released(_ bench: Workbench) throws -> Checkpoint {
        try Checkpoint(note: try bench.application.lock.current() ?? "")
    }

    private func published(_ settings: Settings) async throws -> Checkpoint? {
        try await TileFolder(reading: settings.tlogFolder).checkpoint().map { try Checkpoint(note: $0) }
    }

    private func events(_ bench: Workbench, _ stream: String) async throws -> [LoggedEvent] {
        let found = try await bench.application.log.read { reader throws(StorageError) in
            try reader.stream(stream, from: 0, limit: 100)
        }
        return try found.map { try LoggedEvent($0) }
    }

    private func reports(_ bench: Workbench) async throws -> [LoggedEvent] {
        try await events(bench, "security").filter { $0.envelope.type == "ChainVerificationFailed" }
    }

    @Test func `follows the log by itself, and ends with what the stop recorded`() async throws {
        let bench = try await Workbench { ($0.tlogFolder, $0.tlogInterval) = ($0.home + "/tlog", 200) }
        defer { bench.remove() }
        try await bench.application.start()
        #expect(try await Self.wait { try await published(bench.settings) == released(bench) })
        for number in 0..<3 {
            _ = try await bench.application.issue(role: .auditor, name: "auditor \(number)", bench.administrator)
        }
        #expect(try await Self.wait { try await published(bench.settings) == released(bench) })
        #expect(await bench.application.health().checks["publication"]?.status == "healthy")
        #expect(
            await bench.application.exposition()
                .contains("cxrledger_publication_lag_entries{target=\"folder\"} 0"))
        await bench.application.stop(reason: "test")
        #expect(try await published(bench.settings) == released(bench))
    }

    @Test func `is written to a foreign object store as well`() async throws {
        let store = try ObjectStore()
        let bench = try await Workbench {
            $0.tlogFolder = $0.home + "/tlog"
            store.set(&$0)
        }
        defer { bench.remove() }
        try await bench.application.start()
        let views = try await bench.application.publish(bench.administrator)
        #expect(views.map(\.target) == ["folder", "s3"] && views.map(\.code) == [nil, nil])
        let target = try store.target()
        let note = try #require(try await target.checkpoint())
        let checkpoint = try Checkpoint(note: note)
        #expect(checkpoint.size == views[1].size)
        let folder = TileFolder(reading: bench.settings.tlogFolder)
        for tile in TileCoordinate.all(size: checkpoint.size) {
            #expect(try await target.hashes(tile) == folder.get(.hashes(tile)))
            guard tile.level == 0 else { continue }
            #expect(try await target.entries(tile)?.count == tile.width)
        }
        await bench.application.stop(reason: "test")
    }

    @Test func `that fails at one place goes on at the other, is told of and made up for`() async throws {
        let bench = try await Workbench {
            $0.tlogFolder = $0.home + "/tlog"
            ($0.tlogBucket, $0.objectStore) = ("s3://bucket/x", "http://127.0.0.1:1")
            ($0.awsAccessKey, $0.awsSecretKey) = ("AKIA", "topsecret")
        }
        defer { bench.remove() }
        let views = try await bench.application.publish(bench.administrator)
        #expect(views.map(\.code) == [nil, "store-unavailable"])
        let health = await bench.application.health()
        #expect(health.checks["publication"]?.status == "degraded" && health.status != "healthy")
        let metrics = await bench.application.exposition()
        #expect(metrics.contains("cxrledger_publication_lag_entries{target=\"s3\"} \(views[0].size)"))
        #expect(!metrics.contains("cxrledger_publication_lag_seconds{target=\"s3\"} 0\n"))
        for text in [metrics, health.checks["publication"]?.message ?? ""] { #expect(!text.contains("topsecret")) }
    }

    @Test func `whose folder cannot be opened is tried again`() async throws {
        let bench = try await Workbench { $0.tlogFolder = $0.home + "/tlog" }
        defer { bench.remove() }
        try Data([1]).write(to: URL(filePath: bench.settings.tlogFolder))
        #expect(try await bench.application.publish(bench.administrator)[0].code == "store-unavailable")
        try FileManager.default.removeItem(atPath: bench.settings.tlogFolder)
        #expect(try await bench.application.publish(bench.administrator)[0].code == nil)
        #expect(try await published(bench.settings) == released(bench))
    }

    @Test func `stops at damage, which is a security event once, and goes on when it is put right`() async throws {
        let bench = try await Workbench { $0.tlogFolder = $0.home + "/tlog" }
        defer { bench.remove() }
        _ = try await bench.application.publish(bench.administrator)
        _ = try await bench.application.events(since: 0, limit: 1, bench.administrator)
        let index = try released(bench).size - 1
        try bench.tamperKeepingTriggers("UPDATE entries SET entry = CAST(entry || x'00' AS BLOB) WHERE idx = \(index)")
        for _ in 0..<3 {
            #expect(try await bench.application.publish(bench.administrator)[0].code == "chain-entry")
        }
        let reports = try await self.reports(bench)
        #expect(reports.count == 1 && reports[0].envelope.outcome == "serious")
        #expect(
            reports[0].fact
                == .known(.chainVerificationFailed(.init(finder: "publisher", index: index, detail: "entry"))))
        #expect(await bench.application.exposition().contains("cxrledger_chain_damaged{finder=\"publisher\"} 1"))
        try bench.tamperKeepingTriggers(
            "UPDATE entries SET entry = substr(entry, 1, length(entry) - 1) WHERE idx = \(index)")
        #expect(try await bench.application.publish(bench.administrator)[0].code == nil)
        #expect(try await published(bench.settings) == released(bench))
        #expect(await bench.application.exposition().contains("cxrledger_chain_damaged{finder=\"publisher\"} 0"))
        // The same place again is another damage.
        _ = try await bench.application.issue(role: .auditor, name: "another", bench.administrator)
        try bench.tamperKeepingTriggers("UPDATE entries SET entry = CAST(entry || x'00' AS BLOB) WHERE idx = \(index)")
        #expect(try await bench.application.publish(bench.administrator)[0].code == "chain-entry")
        #expect(try await self.reports(bench).count == 2)
        // Another process does not tell it again.
        let (second, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        #expect(try await second.publish(bench.administrator)[0].code == "chain-entry")
        #expect(try await self.reports(bench).count == 2)
    }

    @Test func `remembers what database and lock have both forgotten`() async throws {
        let bench = try await Workbench { $0.tlogFolder = $0.home + "/tlog" }
        defer { bench.remove() }
        _ = try await bench.application.publish(bench.administrator)
        let home = bench.settings.home
        let copy = bench.folder.appending(path: "yesterday").path()
        try FileManager.default.copyItem(atPath: home, toPath: copy)
        _ = try await bench.application.issue(role: .auditor, name: "an auditor", bench.administrator)
        _ = try await bench.application.publish(bench.administrator)
        var settings = bench.settings
        (settings.home, settings.lock) = (copy, copy + "/lock/checkpoint")
        // With a published log of its own time the copy agrees with itself; with today's it does not.
        settings.tlogFolder = copy + "/tlog"
        let (forgetful, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        #expect(forgetful.readOnly == nil)
        settings.tlogFolder = home + "/tlog"
        let (behind, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        #expect(behind.readOnly?.code == "tlog-ahead")
        await #expect(throws: ServiceError.self) {
            try await behind.issue(role: .auditor, name: "another", bench.administrator)
        }
        #expect(try await behind.publish(bench.administrator)[0].code == "tlog-ahead")
        #expect(await behind.health().status == "unhealthy")
        #expect(try await published(bench.settings) == released(bench))
    }

    @Test func `is verified with the log, file by file`() async throws {
        let bench = try await Workbench { $0.tlogFolder = $0.home + "/tlog" }
        defer { bench.remove() }
        #expect(try await bench.verify().checks.contains { $0.name == "published" } == false)
        _ = try await bench.application.publish(bench.administrator)
        let size = try released(bench).size
        let report = try await bench.verify()
        #expect(report.ok && report.checks.first { $0.name == "published" }?.verdict == "passed")
        for (file, place, index) in [
            ("tile/0/000.p/\(size)", 40, 1), ("tile/entries/000.p/\(size)", 30, 0), ("checkpoint", 60, nil),
        ] as [(String, Int, UInt64?)] {
            let path = bench.settings.tlogFolder + "/" + file
            let bytes = try #require(try DurableFile.read(path))
            var altered = bytes
            altered[place] ^= 1
            try DurableFile.write(altered, to: path)
            let findings = try await bench.verify().findings
            #expect(findings.map(\.code) == ["published"], "\(file)")
            #expect(findings.first?.index == index, "\(file)")
            #expect(findings.first?.file?.hasPrefix(bench.settings.tlogFolder) == true)
            try FileManager.default.removeItem(atPath: path)
            #expect(try await bench.verify().ok == (file == "checkpoint"))
            try DurableFile.write(bytes, to: path)
        }
        #expect(try await bench.verify().ok)
    }

    @Test func `is told to observers, who add signatures`() async throws {
        let bench = try await Workbench { $0.tlogFolder = $0.home + "/tlog" }
        defer { bench.remove() }
        let witness = CountingWitness()
        bench.application.publication.observe(witness)
        _ = try await bench.application.publish(bench.administrator)
        _ = try await bench.application.publish(bench.administrator)
        _ = try await bench.application.issue(role: .auditor, name: "an auditor", bench.administrator)
        _ = try await bench.application.publish(bench.administrator)
        let told = witness.told.withLock { $0 }
        #expect(told.count == 2 && told[0].previous == nil && told[1].previous == told[0].checkpoint)
        #expect(witness.added.withLock { $0 } == [true, true])
        let note = try #require(try await TileFolder(reading: bench.settings.tlogFolder).checkpoint())
        #expect(try SignedNote(parsing: note).signatures.map(\.name).last == "witness")
        #expect(try await bench.application.publishedCheckpoint(bench.administrator) == note)
    }

    @Test func `by the scrubber finds damage of old entries, once`() async throws {
        let bench = try await Workbench { $0.scrubRate = 0 }
        defer { bench.remove() }
        let application = bench.application
        for number in 0..<5 { _ = try await application.issue(role: .auditor, name: "\(number)", bench.administrator) }
        await application.scrub(3)
        #expect(application.scrubber.progress.position == 3 && application.scrubber.progress.soundTo == 3)
        await application.scrub(100)
        #expect(application.scrubber.progress.passes == 1)
        #expect(try application.scrubber.progress.soundTo == released(bench).size)
        try bench.tamperKeepingTriggers("UPDATE entries SET entry = CAST(entry || x'00' AS BLOB) WHERE idx IN (2, 4)")
        for _ in 0..<3 { await application.scrub(100) }
        let reports = try await self.reports(bench)
        #expect(
            reports.map(\.fact)
                == [.known(.chainVerificationFailed(.init(finder: "scrubber", index: 2, detail: "entry")))])
        #expect(application.scrubber.progress.soundTo == 2)
        try bench.tamperKeepingTriggers(
            "UPDATE entries SET entry = substr(entry, 1, length(entry) - 1) WHERE idx IN (2, 4)")
        for _ in 0..<3 { await application.scrub(100) }
        #expect(application.scrubber.progress.soundTo >= 8)
        #expect(try await self.reports(bench).count == 1)
    }

    @Test func `reads of bundles are events, but not one each`() async throws {
        let bench = try await Workbench { $0.tlogFolder = $0.home + "/tlog" }
        defer { bench.remove() }
        let auditor = RequestContext(
            .operatingSystem(user: "auditor"), from: .init(correlation: "c", address: "192.0.2.7"))
        func count() async throws -> Int {
            try await events(bench, "access").count { event in
                if case .known(.auditLogQueried(let query)) = event.fact { query.operation == "bundles" } else { false }
            }
        }
        for _ in 0..<5 { _ = try await bench.application.bundle(at: "tile/entries/000.p/1", auditor) }
        #expect(try await count() == 1)
        for _ in 0..<6 { _ = try await bench.application.bundle(at: "tile/entries/000.p/2", auditor) }
        #expect(try await count() == 2)
        _ = try await bench.application.bundle(at: "tile/entries/000.p/1", bench.administrator)
        #expect(try await count() == 3)
        _ = try await bench.application.bundle(at: "tile/entries/000.p/1", auditor)
        await bench.application.recordEndedReadings(all: true)
        #expect(try await count() == 4)
    }
}

private final class CountingWitness: CheckpointObserver {
    let told = Locked<[(checkpoint: SignedCheckpoint, previous: SignedCheckpoint?)]>([])
    let added = Locked<[Bool]>([])
    private let signer = NoteSigner(name: "witness", key: .generate())

    func published(
        _ checkpoint: SignedCheckpoint, after previous: SignedCheckpoint?, adding add: @escaping Adding
    ) async {
        told.withLock { $0.append((checkpoint, previous)) }
        let isAdded = await add([signer.sign(checkpoint.checkpoint.text)])
        added.withLock { $0.append(isAdded) }
    }
}

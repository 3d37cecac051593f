import CanonicalJSON
import Concurrency
import Crypto
import Foundation
import Ledger
import Records
import Storage
import Testing

@testable import Service

@Suite struct `A read while nothing can be recorded` {
    /// The id of a prediction of a patient, and the log opened again, which takes nothing.
    private func predictedBeforeTheDiskFilled(
        _ bench: Workbench
    ) async throws -> (id: String, application: Application, backend: FailingBackend) {
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-1")
        let id = try await bench.application.predict(request, bench.administrator).view.id
        await bench.application.stop(reason: "test")  // it would take what is kept
        let backend = FailingBackend(Workbench.backend(bench.settings))
        let (application, _) = try await Application.open(bench.settings, backend: backend)
        backend.isFailing.withLock { $0 = true }
        return (id, application, backend)
    }

    @Test func `of a log that is BEHIND is kept in the spool, and nothing else is answered`() async throws {
        let bench = try await BehindBench()
        defer { bench.remove() }
        let (application, administrator) = (bench.behind.application, bench.behind.administrator)
        try await application.start()
        let seen = try await application.prediction(bench.kept[0], administrator)
        #expect(seen.level == "signed, not proven at the moment")
        let listed = try await application.predictions(.init(), administrator).predictions.map(\.id)
        #expect(Set(listed) == Set(bench.kept))
        #expect(
            await code { _ = try await application.prediction(bench.lost[0], administrator) } == "prediction-unknown")
        #expect(await code { _ = try await application.events(since: 0, limit: 9, administrator) } == "behind")
        #expect(await code { _ = try await application.timeline(.init(), administrator) } == "behind")
        #expect(await code { _ = try await application.inclusion(of: "0", size: nil, administrator) } == "behind")
        #expect(
            await code { _ = try await application.passport(of: bench.kept[0], withImage: false, administrator) }
                == "behind")
        let exports = bench.behind.folder.path()
        #expect(await code { _ = try await application.export(.init(), into: exports, administrator) } == "behind")
        let request = PredictionRequest(image: try Workbench.xray(), patient: nil)
        #expect(await code { _ = try await application.predict(request, administrator) } == "behind")
        let contents = try #require(try application.spool?.contents())
        let checked = try await application.checkedSpool(contents)
        #expect(checked.isSound && checked.envelopes.map(\.type) == ["PredictionRead", "PredictionSearched"])
        try await application.emptySpool()
        #expect(try application.spool?.contents() == contents)
        let health = await application.health()
        #expect(health.checks["spool"]?.status == "degraded")
        #expect(health.checks["lock"]?.message.contains("cxrledger log recover") == true)
    }

    @Test func `of a log whose disk is full is appended as it was when there is room again`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let (id, application, backend) = try await predictedBeforeTheDiskFilled(bench)
        let source = RequestSource(correlation: "c-7", address: "192.0.2.7", purpose: "TREAT")
        let reader = RequestContext(bench.administrator.principal, from: source)
        for _ in 0..<3 { _ = try await application.prediction(id, reader) }
        _ = try await application.image(of: id, reader)
        let spool = try #require(application.spool)
        let kept = try await application.checkedSpool(spool.contents()).envelopes
        let digest = try spool.contents().digest
        backend.isFailing.withLock { $0 = false }
        let before = try await application.head().size
        try await application.emptySpool()
        #expect(try spool.isEmpty())
        let after = try await application.log.read { reader throws(StorageError) in
            try reader.entries(from: before, limit: 10)
        }
        let envelopes = try after.map { try LoggedEvent($0).envelope }
        #expect(envelopes.map(\.type) == Array(repeating: "PredictionRead", count: 4) + ["SpoolAppended"])
        for (event, kept) in zip(envelopes, kept) {
            #expect((event.id, event.occurredAt, event.actor) == (kept.id, kept.occurredAt, kept.actor))
            #expect(event.correlation == "c-7" && event.recordedAt >= kept.recordedAt)
        }
        #expect(
            envelopes[4].parsedPayload()["records"] == 4
                && envelopes[4].parsedPayload()["digest"] == .string(digest.hex))
        try await application.emptySpool()
        #expect(try await application.head().size == before + 5)
        #expect(try await bench.verify().findings == [])
    }

    /// The process ends between any two of the things that emptying the spool does.
    @Test func `is appended once, however often that was interrupted`() async throws {
        let bench = try await BehindBench()
        defer { bench.remove() }
        let application = bench.behind.application
        for _ in 0..<3 { _ = try await application.prediction(bench.kept[0], bench.behind.administrator) }
        let spool = try Data(contentsOf: URL(filePath: bench.behind.settings.home + "/spool"))
        // The log of today takes what was kept beside yesterday's.
        let place = URL(filePath: bench.today.settings.home + "/spool")
        for turn in 0..<3 {
            try spool.write(to: place)
            let (today, _) = try await Application.open(
                bench.today.settings, backend: Workbench.backend(bench.today.settings))
            let before = try await today.head().size
            try await today.emptySpool()
            #expect(try await today.head().size == before + (turn == 0 ? 4 : 0))
            #expect(try today.spool?.isEmpty() == true)
        }
        #expect(try await bench.today.verify().findings == [])
    }

    @Test func `is refused when the spool is full, and goes on when it was emptied`() async throws {
        let bench = try await Workbench { $0.spoolBytes = 65_536 }
        defer { bench.remove() }
        let (id, application, backend) = try await predictedBeforeTheDiskFilled(bench)
        var count = 0
        while await code({ _ = try await application.prediction(id, bench.administrator) }) == nil { count += 1 }
        #expect(count > 40 && count < 140)
        #expect(await code { _ = try await application.prediction(id, bench.administrator) } == "spool-full")
        backend.isFailing.withLock { $0 = false }
        let before = try await application.head().size
        try await application.emptySpool()
        #expect(try await application.head().size == before + UInt64(count) + 1)
        #expect(await code { _ = try await application.prediction(id, bench.administrator) } == nil)
    }

    /// Each byte of what was kept, changed: what was signed before it is appended, the rest is kept for whoever looks into it.
    @Test func `that somebody changed is not appended, and the change is an event`() async throws {
        let bench = try await BehindBench()
        defer { bench.remove() }
        for _ in 0..<3 { _ = try await bench.behind.application.prediction(bench.kept[0], bench.behind.administrator) }
        let sound = try Data(contentsOf: URL(filePath: bench.behind.settings.home + "/spool"))
        let used = try #require(try bench.behind.application.spool?.contents().size) + 16
        let (today, _) = try await Application.open(
            bench.today.settings, backend: Workbench.backend(bench.today.settings))
        for place in stride(from: 0, to: used, by: 1) {
            var bytes = [UInt8](sound)
            bytes[place] ^= 1
            let contents = SpoolContents(bytes)
            let checked = try await today.checkedSpool(contents)
            #expect(!checked.isSound || checked.envelopes.count < 3, "byte \(place)")
        }
        var bytes = [UInt8](sound)
        bytes[used - 100] ^= 1
        try Data(bytes).write(to: URL(filePath: bench.today.settings.home + "/spool"))
        let before = try await today.head().size
        try await today.emptySpool()
        let last = try #require(
            try await today.log.read { reader throws(StorageError) in try reader.entries(from: before + 2, limit: 1) }
                .first)
        let envelope = try LoggedEvent(last).envelope
        #expect(envelope.type == "SpoolAppended" && envelope.outcome == "serious")
        let names = try FileManager.default.contentsOfDirectory(atPath: bench.today.settings.home)
        #expect(names.contains { $0.hasPrefix("spool.damaged-") })
        #expect(try today.spool?.isEmpty() == true)
    }
}

import Foundation
import Records
import Storage
import Testing

@testable import Service

/// Whoever writes to the database without keys is found out by the next reader, not only by `verify`.
@Suite struct `What a reader is shown` {
    private static let damaged = "store-corrupt"

    private func bench(patients: Int = 2) async throws -> (bench: Workbench, ids: [String]) {
        let bench = try await Workbench()
        try await bench.application.start()
        var ids: [String] = []
        for number in 0..<patients {
            let request = PredictionRequest(image: try Workbench.xray(number), patient: "P-\(number)")
            ids.append(try await bench.application.predict(request, bench.administrator).view.id)
        }
        return (bench, ids)
    }

    private func code<T>(_ body: () async throws -> T) async -> String? {
        do {
            _ = try await body()
            return nil
        } catch { return (error as? ServiceError)?.code }
    }

    @Test func `is never a changed entry`() async throws {
        let (bench, ids) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        try bench.tamperWithEntries(
            """
            UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), '"probability":"0.', '"probability":"1.') AS BLOB)
            WHERE stream = 'prediction/\(ids[0])'
            """)
        #expect(await code { try await application.prediction(ids[0], context) } == Self.damaged)
        #expect(await code { try await application.image(of: ids[0], context) } == Self.damaged)
        #expect(await code { try await application.proof(of: ids[0], context) } == Self.damaged)
        #expect(await code { try await application.reproduce(ids[0], context) } == Self.damaged)
        #expect(
            await code {
                try await application.review(ids[0], verdict: .agree, label: nil, reason: nil, context)
            } == Self.damaged)
        #expect(await code { try await application.events(since: 0, limit: 1_000, context) } == Self.damaged)
        #expect(await code { try await application.prediction(ids[1], context) } == nil)
    }

    @Test func `is never a log with a hole`() async throws {
        let (bench, _) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        #expect(await code { try await application.events(since: 0, limit: 4, context) } == nil)
        try bench.tamperWithEntries("DELETE FROM entries WHERE idx = 2")
        #expect(await code { try await application.events(since: 0, limit: 4, context) } == Self.damaged)
        #expect(await code { try await application.events(since: 2, limit: 4, context) } == Self.damaged)
        #expect(await code { try await application.events(since: 0, limit: 2, context) } == nil)
    }

    @Test func `is never another entry under its name`() async throws {
        let (bench, ids) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        try bench.tamperWithEntries(
            "UPDATE entries SET stream = 'prediction/\(ids[0])', version = 1 WHERE stream = 'prediction/\(ids[1])'")
        #expect(await code { try await application.prediction(ids[0], context) } == Self.damaged)
        #expect(
            await code { try await application.prediction(ids[1], context) } == Rejection.predictionUnknown.rawValue)
    }

    @Test func `is never a row that the entries do not make`() async throws {
        let (bench, ids) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        _ = try await application.review(ids[0], verdict: .agree, label: nil, reason: "r", context)
        for (table, change) in [
            ("predictions", "label = 'NORMAL', probability = '0.01' WHERE id = '\(ids[1])'"),
            ("predictions", "reviewer = 'nobody' WHERE id = '\(ids[0])'"),
            ("predictions", "review_idx = NULL WHERE id = '\(ids[0])'"),
            ("timeline", "actor = 'nobody' WHERE idx = 0"), ("timeline", "idx = 99999 WHERE idx = 0"),
        ] {
            #expect(await code { try await application.predictions(.init(), context) } == nil)
            #expect(await code { try await application.timeline(.init(), context) } == nil)
            try bench.tamper("UPDATE \(table) SET \(change)", in: "cxrledger-views.db")
            let isTimeline = table == "timeline"
            #expect(
                await code { try await application.predictions(.init(), context) }
                    == (isTimeline ? nil : "list-damaged"))
            #expect(
                await code { try await application.timeline(.init(), context) } == (isTimeline ? "list-damaged" : nil))
            _ = try await application.rebuild { _, _, _ in }
        }
        let rows = try await application.predictions(.init(), context).predictions
        #expect(rows.map(\.id) == ids.reversed())
        #expect(rows.map { $0.review?.verdict } == [nil, "agree"])
    }

    @Test func `is no list that stands at an event which cannot be read`() async throws {
        let (bench, ids) = try await bench()
        defer { bench.remove() }
        try bench.tamperWithEntries("UPDATE entries SET entry = x'00' WHERE stream = 'prediction/\(ids[0])'")
        try bench.tamper("DROP TABLE predictions; DROP TABLE timeline; DELETE FROM positions", in: "cxrledger-views.db")
        let (other, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        #expect(await code { try await other.predictions(.init(), bench.administrator) } == "projection-stopped")
        #expect(await code { try await other.timeline(.init(), bench.administrator) } == "projection-stopped")
        #expect(await other.health().checks["projections"]?.status == "degraded")
    }

    @Test func `is answered to a repeated request only from the entry that the request led to`() async throws {
        let (bench, _) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        let request = PredictionRequest(image: try Workbench.xray(), idempotencyKey: "k")
        let id = try await application.predict(request, context).view.id
        #expect(try await application.predict(request, context).view.id == id)
        var filter = TimelineFilter()
        filter.type = "PredictionRead"
        #expect(try await application.timeline(filter, context).events.count == 1)
        try bench.tamper("UPDATE idempotency SET idx = idx - 2")
        #expect(await code { try await application.predict(request, context) } == Self.damaged)
    }

    /// The database is ahead of the lock for the moment between commit and release.
    @Test func `is what was released, not what was merely committed`() async throws {
        let (bench, ids) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        let lock = try Data(contentsOf: URL(filePath: bench.settings.lock))
        let late = try await application.predict(.init(image: try Workbench.xray()), context).view
        let file = try FileHandle(forWritingTo: URL(filePath: bench.settings.lock))
        try file.write(contentsOf: lock)
        let found = try await application.proven.read { reader throws(StorageError) in
            try reader.entries(from: 0, limit: 500)
        }
        #expect(found.size == late.index && found.events.last?.index == late.index - 1)
        #expect(try await application.history(of: ids[0]).events.count == 1)
        await #expect(throws: ServiceError(Rejection.predictionUnknown)) {
            try await application.prediction(late.id, context)
        }
    }

    @Test func `is said to be signed only, when the lock cannot vouch for it`() async throws {
        let (bench, ids) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        try FileManager.default.removeItem(atPath: bench.settings.lock)
        let history = try await application.history(of: ids[0])
        #expect(history.checkpoint == nil && history.events.count == 1)
        #expect(await code { try await application.proof(of: ids[0], context) } == "proof-unavailable")
        try bench.tamperWithEntries("UPDATE entries SET stream = stream || 'x' WHERE stream = 'prediction/\(ids[0])'")
        await #expect(throws: StorageError(.corrupt)) {
            try await application.proven.read { reader throws(StorageError) in
                try reader.stream("prediction/\(ids[0])x", from: 0, limit: 1)
            }
        }
    }
}

@Suite struct `A control event` {
    /// The revoked key would open the door again, the old model answer.
    @Test func `counts once, however often its entry stands in the database`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        let issued = try await application.issue(role: .administrator, name: "Eve", context)
        try await application.revoke(issued.id, reason: "left", context)
        let entries = try await application.log.read { reader throws(StorageError) in
            try reader.controlEntries(from: 0)
        }
        let first = try #require(entries.first { $0.stream == "credential/\(issued.id)" })
        try await bench.transplant(first.index)
        let (other, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        for application in [application, other] {
            let error = await #expect(throws: ServiceError.self) {
                try await application.authenticate(key: issued.key, from: .init(correlation: "c"))
            }
            #expect(error?.code == "store-corrupt")
        }
    }

    @Test(arguments: [
        "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), '\"auditor\"', '\"security\"') AS BLOB) WHERE control",
        "UPDATE entries SET control = 0 WHERE type = 'CredentialIssued'",
        "UPDATE entries SET control = 1 WHERE type = 'ServiceStarted'",
        "UPDATE entries SET stream = 'credential/c000000000000' WHERE type = 'CredentialIssued'",
        "UPDATE heads SET epoch = epoch + 1", "UPDATE heads SET epoch = epoch - 1",
        "UPDATE tiles SET hashes = zeroblob(length(hashes))",
    ])
    func `that was changed decides nothing`(sql: String) async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let issued = try await bench.application.issue(role: .auditor, name: "Aud", bench.administrator)
        try bench.tamperWithEntries(sql)
        let (other, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        let error = await #expect(throws: ServiceError.self) {
            try await other.authenticate(key: issued.key, from: .init(correlation: "c"))
        }
        #expect(error?.code == "store-corrupt")
    }
}

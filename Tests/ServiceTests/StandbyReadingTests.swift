import Foundation
import SQLiteStorage
import Storage
import Testing

@testable import Service

/// A home, and a standby of it that stands still where the home was after two predictions.
private struct StandbyBench {
    let bench: Workbench
    let application: Application
    private let copies: String

    /// SQLite stores with older copies of themselves as the standby.
    private struct Following: StorageBackend {
        let backend: SQLiteBackend
        let copies: SQLiteBackend

        func origins() throws(StorageError) -> [String] { try backend.origins() }
        func openLog(origin: String) throws(StorageError) -> any EventStore { try backend.openLog(origin: origin) }
        func openProjections(origin: String) throws(StorageError) -> any ProjectionStore {
            try backend.openProjections(origin: origin)
        }
        func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
            try backend.openScratchProjections(origin: origin, folder: folder)
        }
        func openSecrets(origin: String) throws(StorageError) -> any SecretStore {
            try backend.openSecrets(origin: origin)
        }
        func openStandby(origin: String) -> Standby? {
            guard let log = try? copies.openLog(origin: origin),
                let views = try? copies.openProjections(origin: origin)
            else { return nil }
            return Standby(log: log, views: views)
        }
        func damage() throws(StorageError) -> [StorageDamage] { try backend.damage() }
        func discardDamagedProjections() throws(StorageError) -> Bool { try backend.discardDamagedProjections() }
    }

    init(readLag: Int = 60, damaging sql: [String: String] = [:]) async throws {
        bench = try await Workbench { $0.readLag = readLag }
        try await bench.application.start()
        for number in 0..<2 { try await Self.predict(number, bench.application, bench) }
        _ = try await bench.application.predictions(.init(), bench.administrator)
        _ = try await bench.application.predictions(.init(), bench.administrator)
        await bench.application.stop(reason: "test")
        copies = bench.folder.appending(path: "standby").path()
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: true)
        for name in ["cxrledger.db", "cxrledger-views.db"] {
            try bench.tamper("VACUUM INTO '\(copies)/\(name)'", in: name)
            if let change = sql[name] { try bench.tamper(change, in: "../standby/\(name)") }
        }
        let backend = Following(
            backend: Workbench.backend(bench.settings),
            copies: SQLiteBackend(database: copies + "/cxrledger.db", home: copies))
        application = try await Application.open(bench.settings, backend: backend).application
        try await Self.predict(2, application, bench)
    }

    private static func predict(_ number: Int, _ application: Application, _ bench: Workbench) async throws {
        let request = PredictionRequest(image: try Workbench.xray(number), patient: "P-1")
        _ = try await application.predict(request, bench.administrator)
    }

    func list(waitingFor index: UInt64? = nil) async throws -> PredictionPage {
        var filter = PredictionFilter()
        filter.waitForIndex = index
        return try await application.predictions(filter, bench.administrator)
    }
}

@Suite struct `What is read from a standby` {
    @Test func `says how far behind it is, and what is waited for comes from the log itself`() async throws {
        let standby = try await StandbyBench()
        defer { standby.bench.remove() }
        let promised = try #require(standby.application.lockedSize())
        let page = try await standby.list()
        let lag = try #require(page.lag)
        #expect(page.predictions.count == 2)
        #expect(lag.entries == promised - page.position && lag.entries > 0)
        #expect(try await standby.application.timeline(.init(), standby.bench.administrator).lag != nil)
        let newest = try await standby.list(waitingFor: promised - 1)
        #expect(newest.predictions.count == 3 && newest.lag == nil)
        let last = try #require(newest.predictions.first)
        #expect(try await standby.application.prediction(last.id, standby.bench.administrator).id == last.id)
        #expect(await standby.application.health().checks["standby"]?.status == "healthy")
    }

    @Test func `is nothing when it is further behind than the setting allows`() async throws {
        let standby = try await StandbyBench(readLag: 0)
        defer { standby.bench.remove() }
        let page = try await standby.list()
        #expect(page.predictions.count == 3 && page.lag == nil)
        #expect(await standby.application.health().checks["standby"]?.status == "degraded")
    }

    @Test(arguments: [
        "UPDATE \"predictions\" SET label = 'X'", "UPDATE \"predictions\" SET idx = 1 WHERE idx > 4",
        "DROP TABLE \"predictions\"",
    ])
    func `is never a row that the log does not make`(sql: String) async throws {
        let standby = try await StandbyBench(damaging: ["cxrledger-views.db": sql])
        defer { standby.bench.remove() }
        let page = try await standby.list()
        #expect(page.predictions.count == 3 && page.lag == nil)
    }

    @Test func `is never an entry that was not signed`() async throws {
        let sql = """
            DROP TRIGGER entries_are_never_updated;
            UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), '"probability":"0.', '"probability":"1.') AS BLOB)
            """
        let standby = try await StandbyBench(damaging: ["cxrledger.db": sql])
        defer { standby.bench.remove() }
        let (application, context) = (standby.application, standby.bench.administrator)
        let page = try await application.events(since: 0, limit: 4, context)
        #expect(page.events.map(\.index) == [0, 1, 2, 3])
        let rest = try await application.events(since: 4, limit: 4, context)
        #expect(rest.events.allSatisfy { !String(decoding: $0.envelopeBytes, as: UTF8.self).contains("\"1.") })
        #expect(rest.events.map(\.index) == [4, 5, 6, 7])
    }
}

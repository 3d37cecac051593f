import Foundation
import Records
import Testing

@testable import Service

@Suite struct `A start` {
    private func reopen(_ bench: Workbench, change: (inout Settings) -> Void = { _ in }) async throws -> Application {
        var settings = bench.settings
        change(&settings)
        return try await Application.open(settings, backend: Workbench.backend(settings)).application
    }

    private func events(_ type: String, _ application: Application, _ bench: Workbench) async throws
        -> [TimelinePage.Line]
    {
        var filter = TimelineFilter()
        filter.type = type
        return try await application.timeline(filter, bench.administrator).events
    }

    @Test func `goes on with the active model when the file at MODEL_PATH is damaged`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let path = bench.folder.appending(path: "damaged.keras")
        try Data([1, 2, 3]).write(to: path)
        let again = try await reopen(bench) { $0.modelPath = path.path() }
        try await again.start()
        #expect(await again.health().status == "healthy")
        _ = try await again.predict(.init(image: try Workbench.xray()), bench.administrator)
        #expect(try await events("ModelIntegrityFailed", again, bench).map(\.outcome) == ["major"])
        #expect(try await again.models(bench.administrator).models.count == 1)
    }

    @Test func `without any model says what is wrong with the file, and the stop is no success`() async throws {
        let bench = try await Workbench { $0.modelPath += ".missing.keras" }
        defer { bench.remove() }
        let error = await #expect(throws: ServiceError.self) { try await bench.application.start() }
        #expect(error?.code == "model-path-missing")
        await bench.application.stop(reason: "model-path-missing", isFailure: true)
        #expect(try await events("ServiceStopped", bench.application, bench).map(\.outcome) == ["serious"])
    }

    /// A new secret store would give a known patient a second subject, and lose the first one's predictions to them.
    @Test func `without its secret store is read-only, and no backup is made of what cannot be restored`() async throws
    {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-1")
        _ = try await bench.application.predict(request, bench.administrator)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: bench.settings.home + "/secrets.db" + suffix)
        }
        let stranger = PredictionRequest(image: try Workbench.xray(), patient: "P-2")
        var error = await #expect(throws: ServiceError.self) {
            try await bench.application.predict(stranger, bench.administrator)
        }
        #expect(error?.code == "store-unavailable")
        error = await #expect(throws: ServiceError.self) {
            try await bench.application.backup(to: nil, bench.administrator)
        }
        #expect(error?.code == "secrets-missing")
        let again = try await reopen(bench)
        error = await #expect(throws: ServiceError.self) { try await again.predict(request, bench.administrator) }
        #expect(error?.code == "secrets-missing")
    }

    @Test func `without the pin of its first entry is read-only`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let pin = URL(filePath: bench.settings.home + "/keys/genesis")
        try FileManager.default.removeItem(at: pin)
        let again = try await reopen(bench)
        let error = await #expect(throws: ServiceError.self) {
            try await again.issue(role: .auditor, name: "A", bench.administrator)
        }
        #expect(error?.code == "keys-incomplete")
        #expect(!FileManager.default.fileExists(atPath: pin.path()))
        try Data("not hexadecimal".utf8).write(to: pin)
        let malformed = await #expect(throws: ServiceError.self) { try await reopen(bench) }
        #expect(malformed?.code == "key-malformed")
    }

    @Test func `of a copy that cannot be written reads everything and records nothing`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-1")
        let view = try await bench.application.predict(request, bench.administrator).view
        let backend = Workbench.backend(bench.settings, isReadOnly: true)
        let copy = try Application.openCopy(bench.settings, backend: backend)
        var filter = PredictionFilter()
        filter.patient = "P-1"
        #expect(try await copy.predictions(filter, bench.administrator).predictions.map(\.id) == [view.id])
        #expect(try await copy.image(of: view.id, bench.administrator).bytes == request.image)
        #expect(await copy.health().status == "unhealthy")
        let error = await #expect(throws: ServiceError.self) { try await copy.predict(request, bench.administrator) }
        #expect(error?.code == "read-only")
    }

    @Test func `makes lists anew whose file is no database any longer`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try await bench.application.projections()
        try bench.tamper("PRAGMA wal_checkpoint(TRUNCATE)", in: "cxrledger-views.db")
        let path = URL(filePath: bench.settings.home + "/cxrledger-views.db")
        var data = try Data(contentsOf: path)
        data.replaceSubrange(0..<8, with: Array("garbage!".utf8))
        try data.write(to: path)
        #expect(try await bench.verify().findings.map(\.code).contains("lists"))
        let again = try await reopen(bench)
        _ = try await again.projections()
        #expect(try await bench.verify().findings == [])
    }

    @Test func `with another wrapping key is read-only, and forgets no patient`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-1")
        _ = try await bench.application.predict(request, bench.administrator)
        let path = URL(filePath: bench.settings.home + "/keys/wrapping.key")
        let key = try Data(contentsOf: path)
        try Data(String(repeating: "ab", count: 32).utf8).write(to: path)
        let wrong = try await reopen(bench)
        let error = await #expect(throws: ServiceError.self) { try await wrong.predict(request, bench.administrator) }
        #expect(error?.code == "wrapping-key-wrong")
        #expect(await wrong.health().checks["lock"]?.message.contains("wrapping.key") == true)
        try key.write(to: path)
        let right = try await reopen(bench)
        _ = try await right.predict(request, bench.administrator)
        var filter = PredictionFilter()
        filter.patient = "P-1"
        #expect(try await right.predictions(filter, bench.administrator).predictions.count == 2)
    }
}

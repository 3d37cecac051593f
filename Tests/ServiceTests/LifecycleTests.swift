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

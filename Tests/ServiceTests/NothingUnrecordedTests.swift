import Concurrency
import Foundation
import Storage
import Testing

@testable import Service

@Suite struct `Nothing is predicted without being recorded` {
    @Test func `when the append fails no result leaves`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let backend = FailingBackend(Workbench.backend(bench.settings))
        let (application, _) = try await Application.open(bench.settings, backend: backend)
        let before = try await application.head().size
        backend.isFailing.withLock { $0 = true }
        let error = await #expect(throws: ServiceError.self) {
            try await application.predict(.init(image: try Workbench.xray()), bench.administrator)
        }
        #expect(error?.code == "store-full")
        backend.isFailing.withLock { $0 = false }
        #expect(try await application.head().size == before)
        _ = try await application.predict(.init(image: try Workbench.xray()), bench.administrator)
        #expect(try await application.head().size == before + 1)
    }
}

import Foundation
import Records
import Testing

@testable import Service

@Suite struct `A model` {
    @Test func `at MODEL_PATH is registered and activated by events at the first start, and then the log decides`()
        async throws
    {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let models = try await bench.application.models(bench.administrator)
        #expect(models.models.map(\.state) == ["active"])
        #expect(models.models.first?.preprocessing.id == "gray-bilinear-160-unit")
        let (again, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        try await again.start()
        #expect(try await again.models(bench.administrator).models.count == 1)
    }

    @Test func `whose kept file changed is refused and reported`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let digest = try #require(try await bench.application.models(bench.administrator).active)
        let path = "\(bench.settings.home)/models/\(digest.prefix(2))/\(digest)"
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        let (again, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        try await again.start()
        #expect(await again.health().status == "unhealthy")
        await #expect(throws: ServiceError.self) {
            try await again.predict(.init(image: try Workbench.xray()), bench.administrator)
        }
        var filter = TimelineFilter()
        filter.type = "ModelIntegrityFailed"
        #expect(try await !again.timeline(filter, bench.administrator).events.isEmpty)
        #expect(try await bench.verify().findings.contains { $0.code == "model" && $0.file == path })
    }

    @Test func `whose card was written for another file is refused and reported`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let archive = [UInt8](try Data(contentsOf: URL(filePath: bench.settings.modelPath)))
        let card = #"{"name":"m","version":"2","sha256":"\#(String(repeating: "0", count: 64))"}"#
        let error = await #expect(throws: ServiceError.self) {
            try await bench.application.register(
                archive: archive, card: Array(card.utf8), fileName: "m.keras", bench.administrator)
        }
        #expect(error?.code == "model-digest-mismatch")
        var filter = TimelineFilter()
        filter.type = "ModelIntegrityFailed"
        #expect(try await bench.application.timeline(filter, bench.administrator).events.count == 1)
    }

    @Test func `changes its threshold and with it the label, by an event`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let image = try Workbench.xray()
        let first = try await bench.application.predict(.init(image: image), bench.administrator).view
        let digest = first.model.digest
        let threshold = first.prediction == "NORMAL" ? "0.0001" : "0.9999"
        _ = try await bench.application.changeThreshold(of: digest, to: threshold, reason: "test", bench.administrator)
        let second = try await bench.application.predict(.init(image: image), bench.administrator).view
        #expect(second.prediction != first.prediction)
        #expect(second.scores == first.scores)
    }
}

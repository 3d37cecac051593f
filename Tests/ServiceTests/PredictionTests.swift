import Foundation
import Records
import Service
import Testing

@Suite struct `A prediction` {
    @Test func `is recorded, signed and proven before it is answered`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-4711", fileName: "a.jpeg")
        let answer = try await bench.application.predict(request, bench.administrator)
        #expect(answer.view.level == "durable and proven")
        #expect(answer.view.checkpoint?.contains("\n\(answer.view.index + 1)\n") == true)
        let proof = try await bench.application.proof(of: answer.view.id, bench.administrator)
        #expect(proof.verified.signature && proof.verified.inclusion && proof.verified.checkpoint)
        #expect(proof.entryHash == answer.view.entryHash)
        let report = try await bench.verify()
        #expect(report.findings == [])
    }

    @Test func `is found by its patient, shown with its picture, and computed again to the same bits`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let image = try Workbench.xray()
        let id = try await bench.application.predict(.init(image: image, patient: "P-1"), bench.administrator).view.id
        _ = try await bench.application.predict(
            .init(image: try Workbench.xray(1), patient: "P-2"), bench.administrator)
        var filter = PredictionFilter()
        filter.patient = "P-1"
        let page = try await bench.application.predictions(filter, bench.administrator)
        #expect(page.predictions.map(\.id) == [id])
        let view = try await bench.application.prediction(id, bench.administrator)
        #expect(view.patient == "P-1")
        #expect(try await bench.application.image(of: id, bench.administrator).bytes == image)
        let again = try await bench.application.reproduce(id, bench.administrator)
        #expect(again.same)
    }

    @Test func `whose sealed picture is damaged or missing says which file, and what to do`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let id = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator).view.id
        let images = bench.folder.appending(path: "home/images")
        let name = try #require(
            try FileManager.default.subpathsOfDirectory(atPath: images.path()).first { $0.count > 64 })
        for (code, change) in [
            ("store-corrupt", { try Data("x".utf8).write(to: images.appending(path: name)) }),
            ("store-missing", { try FileManager.default.removeItem(at: images.appending(path: name)) }),
        ] as [(String, () throws -> Void)] {
            try change()
            let error = await #expect(throws: ServiceError.self) {
                try await bench.application.reproduce(id, bench.administrator)
            }
            #expect(error?.code == code)
            #expect(error?.detail.contains("images/\(name)") == true && error?.detail.contains("backup") == true)
        }
    }

    @Test func `is recorded once for one idempotency key`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), idempotencyKey: "k1")
        let context = bench.administrator
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await bench.application.predict(request, context).view.id } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers.count == 1)
        await #expect(throws: ServiceError.self) {
            try await bench.application.predict(
                .init(image: try Workbench.xray(1), idempotencyKey: "k1"), context)
        }
    }

    @Test func `is reviewed by people, and the model's answer stays`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let answer = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator).view
        let other = answer.prediction == "NORMAL" ? "PNEUMONIA" : "NORMAL"
        let reviewed = try await bench.application.review(
            answer.id, verdict: .override, label: other, reason: "seen twice", bench.administrator)
        #expect(reviewed.prediction == answer.prediction)
        #expect(reviewed.review?.label == other)
        #expect(reviewed.review?.reason == "seen twice")
        #expect(reviewed.history?.map(\.type) == ["PredictionRecorded", "PredictionReviewed"])
    }

    @Test func `of a damaged picture is refused, with an event`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let image = Array(try Workbench.xray().prefix(4_000))
        await #expect(throws: ServiceError.self) {
            try await bench.application.predict(.init(image: image), bench.administrator)
        }
        var filter = TimelineFilter()
        filter.type = "InputRejected"
        #expect(try await bench.application.timeline(filter, bench.administrator).events.count == 1)
    }

    @Test func `reuses a score only when the cache is on, and is recorded all the same`() async throws {
        for isOn in [false, true] {
            let bench = try await Workbench { $0.isCacheEnabled = isOn }
            defer { bench.remove() }
            try await bench.application.start()
            let image = try Workbench.xray()
            let first = try await bench.application.predict(.init(image: image), bench.administrator).view
            let second = try await bench.application.predict(.init(image: image), bench.administrator).view
            #expect(first.id != second.id)
            #expect(second.cached == isOn)
            #expect(first.scores == second.scores)
        }
    }
}

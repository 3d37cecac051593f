import Testing

/// Who may compute a score: shown by reading every line of the product that comes near the engine.
@Suite struct `The engine` {
    /// The files outside `Inference` whose code matches.
    private func files(_ pattern: Regex<Substring>, mark: Unicode.Scalar = "e") -> Set<String> {
        Set(
            Repository.sources.filter { $0.target != "Inference" && !$0.numbers(of: pattern, mark: mark).isEmpty }
                .map { String($0.path.dropFirst("Sources/".count)) })
    }

    @Test func `is known to the application alone, and there to few`() {
        let importers = Repository.sources.filter { $0.imports.contains("Inference") }
        #expect(Set(importers.map(\.target)) == ["Service"])
        // One that runs it, one that makes it, and three that write down which kernels there are.
        #expect(
            files(/\bInferenceEngine\b|\bKerasModel\b|\bengine\.run\b/) == [
                "Service/Predictions/InferenceQueue.swift", "Service/Models/ModelLibrary.swift",
                "Service/Commands/Application+Predict.swift", "Service/Verification/Application+Reproduce.swift",
                "Service/Application+Lifecycle.swift",
            ])
        #expect(files(/\bInferenceEngine\.(?!runtimeDescription\b)/).isEmpty)
        let needless = importers.filter { $0.numbers(of: /Inference(?:Engine|Error)\b|\bengine\b/, mark: "e").isEmpty }
        #expect(needless.isEmpty, "import only what is used")
    }

    @Test func `is made in one place, from a registered model`() {
        #expect(files(/\bInferenceEngine\(/) == ["Service/Models/ModelLibrary.swift"])
        #expect(files(/\bModelLibrary\(/) == ["Service/Application.swift"])
    }

    @Test func `is asked for by the predictor, by the trial of a model and by health, which runs nothing`() throws {
        #expect(
            files(/\blibrary\.engine\(/) == [
                "Service/Predictions/Predictor.swift", "Service/Commands/Application+Models.swift",
                "Service/Observability/Application+Health.swift",
            ])
        let health = try code("Service/Observability/Application+Health.swift")
        let isAskedOnly = health.contains("let isLoaded = (try? await library.engine(reference.digest)) != nil")
        #expect(isAskedOnly)
    }

    @Test func `runs in the queue, for the predictor and on an empty picture when a model is tried`() throws {
        #expect(files(/\bengine\.run\(/) == ["Service/Predictions/InferenceQueue.swift"])
        #expect(files(/\bqueue\.run\(/) == ["Service/Predictions/Predictor.swift"])
        #expect(files(/\binference\.run\(/) == ["Service/Commands/Application+Models.swift"])
        let trial = try code("Service/Commands/Application+Models.swift")
        let isEmpty = trial.contains("inference.run([Float](repeating: 0, count: count), on: engine)")
        #expect(isEmpty)
        #expect(files(/\bInferenceQueue\(/) == ["Service/Application.swift"])
    }

    @Test func `is reached through the predictor, which only predicting and reproducing have`() {
        #expect(files(/\bPredictor\(/) == ["Service/Application.swift"])
        #expect(
            files(/\bpredictor\.(?!Answer)/) == [
                "Service/Commands/Application+Predict.swift", "Service/Verification/Application+Reproduce.swift",
            ])
    }

    @Test func `stays inside the application: nothing on the way to it is public`() {
        #expect(
            files(/\b(?:public|package|open)\b.*\b(?:Predictor|InferenceQueue|ModelLibrary|InferenceEngine)\b/).isEmpty)
        #expect(files(/\b(?:public|package|open)\b.*\b(?:predictor|inference|library):/).isEmpty)
        #expect(files(/\bpublic import Inference\b|\bpackage import Inference\b/).isEmpty)
    }

    /// What follows a score in the two commands: a record, and only then an answer.
    @Test func `answers nobody before the event is recorded`() throws {
        for (file, answer) in [
            ("Service/Commands/Application+Predict.swift", "return PredictionAnswer("),
            ("Service/Verification/Application+Reproduce.swift", "return ReproductionView("),
        ] {
            let code = try code(file)
            let record = try #require(code.firstRange(of: /try await (record|note)\(/))
            let reply = try #require(code.firstRange(of: answer))
            #expect(record.upperBound < reply.lowerBound, "\(file)")
        }
    }

    private func code(_ path: String) throws -> String {
        let file = try #require(Repository.sources.first { $0.path == "Sources/" + path })
        return file.code.joined(separator: "\n")
    }
}

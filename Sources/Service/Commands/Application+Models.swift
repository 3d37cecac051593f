import Crypto
import Inference
import Records

extension Application {
    /// Every registered model.
    public func models(_ context: RequestContext) async throws(ServiceError) -> ModelList {
        try await require(.modelRead, for: "models", context)
        let registry = try await control.current().models
        let active = registry.active?.registration.digest
        return ModelList(
            active: active,
            models: registry.order.compactMap { registry.models[$0] }.map {
                .init($0, isActive: $0.registration.digest == active)
            })
    }

    /// One model, by its digest, the beginning of it, its name or its version.
    public func model(_ key: String, _ context: RequestContext) async throws(ServiceError) -> ModelDetail {
        try await require(.modelRead, for: "model", context)
        let digest = try await fullDigest(key)
        let layers = try await library.layers(digest)
        return ModelDetail(
            model: try await view(ofModel: digest),
            layers: layers.map {
                LayerView(name: $0.name, kind: $0.kind, outputShape: $0.outputShape, parameters: $0.parameterCount)
            })
    }

    /// Checks the kept file of every registered model against its digest; a difference is an event.
    public func verifyModels(_ context: RequestContext) async throws(ServiceError) -> ModelVerification {
        var lines: [ModelVerification.Line] = []
        for model in try await models(context).models {
            do {
                _ = try await library.archive(model.digest)
                lines.append(.init(model, problem: nil))
            } catch {
                if error.isModelDamage { await reportIntegrity(of: model.digest, error) }
                lines.append(.init(model, problem: error.detail))
            }
        }
        return ModelVerification(lines)
    }

    /// Enters a model file into the registry.
    public func register(
        archive: [UInt8], card: [UInt8]?, fileName: String, _ context: RequestContext
    ) async throws(ServiceError) -> ModelView {
        try await require(.modelRegister, for: "models register", context)
        let library = library
        let registration: ModelRegistered
        do {
            registration = try await workers.run { () throws(ServiceError) in
                try library.examine(archive, card: card, fileName: fileName)
            }
        } catch {
            if error.code == "model-digest-mismatch" {
                await reportIntegrity(of: "", error, found: SHA256.hash(archive).hex, context)
            }
            throw error
        }
        try await library.keep(archive, card: card)
        _ = try await command(context) { state throws(Rejection) in
            try ModelRegistry.decide(.register(registration), in: state.models).map { ("models", $0) }
        }
        return try await view(ofModel: registration.digest)
    }

    /// Makes a registered model the one that answers, after it was loaded and tried.
    public func activate(_ digest: String, reason: String, _ context: RequestContext) async throws(ServiceError)
        -> ModelView
    {
        try await require(.modelActivate, for: "models activate", context)
        let digest = try await fullDigest(digest)
        try await selfTest(digest)
        _ = try await command(context) { state throws(Rejection) in
            try ModelRegistry.decide(.activate(digest: digest, reason: reason), in: state.models).map { ("models", $0) }
        }
        return try await view(ofModel: digest)
    }

    /// Lets the model answer that answered before the active one.
    public func rollBack(reason: String, _ context: RequestContext) async throws(ServiceError) -> ModelView {
        try await require(.modelActivate, for: "models rollback", context)
        _ = try await command(context) { state throws(Rejection) in
            try ModelRegistry.decide(.rollBack(reason: reason), in: state.models).map { ("models", $0) }
        }
        guard let active = try await control.current().models.active else { throw ServiceError(Rejection.modelUnknown) }
        return try await view(ofModel: active.registration.digest)
    }

    /// Ends a model's right to be activated.
    public func retire(_ digest: String, reason: String, _ context: RequestContext) async throws(ServiceError)
        -> ModelView
    {
        try await require(.modelActivate, for: "models retire", context)
        let digest = try await fullDigest(digest)
        _ = try await command(context) { state throws(Rejection) in
            try ModelRegistry.decide(.retire(digest: digest, reason: reason), in: state.models).map { ("models", $0) }
        }
        return try await view(ofModel: digest)
    }

    /// Changes the decision threshold of a model.
    public func changeThreshold(
        of digest: String, to threshold: String, reason: String, _ context: RequestContext
    ) async throws(ServiceError) -> ModelView {
        try await require(.thresholdChange, for: "models threshold", context)
        let digest = try await fullDigest(digest)
        _ = try await command(context) { state throws(Rejection) in
            try ModelRegistry.decide(.changeThreshold(digest: digest, to: threshold, reason: reason), in: state.models)
                .map { ("models", $0) }
        }
        return try await view(ofModel: digest)
    }

    /// Registers and activates the file at `MODEL_PATH` when the log does not know it yet.
    ///
    /// The log decides which model is active: a file that is registered already changes nothing, whatever is active.
    public func seedModel(_ context: RequestContext) async throws(ServiceError) {
        let registry = try await control.current().models
        guard let archive = try SmallFile.read(settings.modelPath, limit: 1 << 30) else {
            guard registry.active == nil else { return }
            throw ServiceError(
                .unavailable, "model-path-missing", "MODEL_PATH names \(settings.modelPath), which is not there.")
        }
        let digest = SHA256.hash(archive).hex
        guard registry.models[digest] == nil else {
            if registry.active == nil { _ = try await activate(digest, reason: "MODEL_PATH at start", context) }
            return
        }
        let path = settings.modelPath
        let cardPath = (path.hasSuffix(".keras") ? String(path.dropLast(6)) : path) + ".json"
        let card = try SmallFile.read(cardPath, limit: 1 << 20)
        let name = settings.modelPath.split(separator: "/").last.map(String.init) ?? settings.modelPath
        let model = try await register(archive: archive, card: card, fileName: name, context)
        _ = try await activate(model.digest, reason: "found at MODEL_PATH", context)
    }

    /// Records that a model file is not what was registered, or not what its card was written for.
    func reportIntegrity(
        of digest: String, _ error: ServiceError, found: String = "", _ context: RequestContext? = nil
    ) async {
        let event = ModelIntegrityFailed(digest: digest, found: found, detail: error.code)
        // The refusal stands anyway.
        _ = try? await note(
            .modelIntegrityFailed(event), in: "models", context ?? systemContext(), .init(.major, because: error.code))
        metrics.count("pneumonia_detector_model_load_errors_total", "Model files that were refused.")
        journal?.write(.error, "model integrity failed", ["model": digest])
    }

    /// Runs a registered model once on an empty picture.
    func selfTest(_ digest: String) async throws(ServiceError) {
        guard let model = try await control.current().models.models[digest] else {
            throw ServiceError(Rejection.modelUnknown)
        }
        let count = model.registration.inputShape.reduce(1, *)
        let scores: [Float]
        do throws(ServiceError) {
            let engine = try await library.engine(digest)
            scores = try await inference.run([Float](repeating: 0, count: count), on: engine).output
        } catch {
            if error.isModelDamage { await reportIntegrity(of: digest, error) }
            throw error
        }
        do {
            _ = try Verdict(scores: scores, classes: model.registration.classes, threshold: model.threshold)
        } catch {
            throw ServiceError(
                .unavailable, "model-self-test-failed", "The model's answer for an empty picture is no probability.")
        }
    }

    private func view(ofModel digest: String) async throws(ServiceError) -> ModelView {
        let registry = try await control.current().models
        guard let model = registry.models[digest] else { throw ServiceError(Rejection.modelUnknown) }
        return ModelView(model, isActive: registry.active?.registration.digest == digest)
    }

    /// The digest of the one model that is meant.
    func fullDigest(_ text: String) async throws(ServiceError) -> String {
        let matches = try await control.current().models.matching(text)
        guard let model = matches.first else { throw ServiceError(Rejection.modelUnknown) }
        guard matches.count == 1 else { throw ServiceError(Rejection.modelAmbiguous) }
        return model.registration.digest
    }
}

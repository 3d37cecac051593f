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

    /// One model, by its digest, the beginning of it, or its name.
    public func model(_ key: String, _ context: RequestContext) async throws(ServiceError) -> (
        model: ModelView, layers: [LayerView]
    ) {
        let list = try await models(context)
        let found = list.models.filter {
            $0.digest == key || (key.count >= 6 && $0.digest.hasPrefix(key)) || $0.name == key
        }
        guard let model = found.last else { throw ServiceError(Rejection.modelUnknown) }
        let layers = try library.layers(model.digest).map {
            LayerView(name: $0.name, kind: $0.kind, outputShape: $0.outputShape, parameters: $0.parameterCount)
        }
        return (model, layers)
    }

    /// Checks the kept file of every registered model against its digest; a difference is an event.
    public func verifyModels(_ context: RequestContext) async throws(ServiceError) -> [(
        model: ModelView, problem: String?
    )] {
        var results: [(model: ModelView, problem: String?)] = []
        for model in try await models(context).models {
            do {
                _ = try library.archive(model.digest)
                results.append((model, nil))
            } catch {
                await reportIntegrity(of: model.digest, error)
                results.append((model, error.detail))
            }
        }
        return results
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
                let registration = try library.examine(archive, card: card, fileName: fileName)
                try library.keep(archive)
                return registration
            }
        } catch {
            if error.code == "model-digest-mismatch" {
                let found = SHA256.hash(archive).hex
                var details = Recorder.Details()
                (details.outcome, details.outcomeReason) = (.serious, error.code)
                let event = ModelIntegrityFailed(digest: "", found: found, detail: error.detail)
                // Refused in any case, whether the log takes the event or not.
                _ = try? await note(.modelIntegrityFailed(event), in: "models", context, details)
            }
            throw error
        }
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
        let cardPath = settings.modelPath.replacing(".keras", with: ".json", maxReplacements: 1)
        let card = try SmallFile.read(cardPath, limit: 1 << 20)
        let name = settings.modelPath.split(separator: "/").last.map(String.init) ?? settings.modelPath
        let model = try await register(archive: archive, card: card, fileName: name, context)
        _ = try await activate(model.digest, reason: "found at MODEL_PATH", context)
    }

    /// Reports a model file that is not what was registered.
    func reportIntegrity(of digest: String, _ error: ServiceError) async {
        let context = RequestContext(principal: .system, correlation: Identifiers.uuid(at: now()))
        var details = Recorder.Details()
        (details.outcome, details.outcomeReason) = (.major, error.code)
        let event = ModelIntegrityFailed(digest: digest, found: "", detail: error.code)
        _ = try? await note(.modelIntegrityFailed(event), in: "models", context, details)  // the refusal stands anyway
        metrics.count("pneumonia_detector_model_load_errors_total", "Model files that were refused.")
        journal?.write(.error, "model integrity failed", ["model": digest])
    }

    /// Runs a registered model once on an empty picture.
    func selfTest(_ digest: String) async throws(ServiceError) {
        let library = library
        guard let model = try await control.current().models.models[digest] else {
            throw ServiceError(Rejection.modelUnknown)
        }
        let count = model.registration.inputShape.reduce(1, *)
        do {
            try await workers.run { () throws(ServiceError) in
                let engine = try library.engine(digest)
                guard let output = try? engine.run([[Float](repeating: 0, count: count)]).first,
                    output.allSatisfy(\.isFinite)
                else { throw ServiceError(.unavailable, "model-self-test-failed", "The model gives no finite answer.") }
            }
        } catch {
            if error.code == "model-integrity-failed" || error.code == "model-missing" {
                await reportIntegrity(of: digest, error)
            }
            throw error
        }
    }

    private func view(ofModel digest: String) async throws(ServiceError) -> ModelView {
        let registry = try await control.current().models
        guard let model = registry.models[digest] else { throw ServiceError(Rejection.modelUnknown) }
        return ModelView(model, isActive: registry.active?.registration.digest == digest)
    }

    /// A digest by its beginning, when only one model has it.
    private func fullDigest(_ text: String) async throws(ServiceError) -> String {
        let matches = try await control.current().models.order.filter { $0.hasPrefix(text) }
        guard text.utf8.count >= 6, matches.count == 1 else { throw ServiceError(Rejection.modelUnknown) }
        return matches[0]
    }
}

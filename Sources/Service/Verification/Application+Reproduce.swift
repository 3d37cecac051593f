import Crypto
import Inference
import Records

/// A recorded prediction beside the same one computed again.
public struct ReproductionView: Codable, Sendable {
    public let id: String
    /// Whether every score has the same bits.
    public let same: Bool
    public let recorded: [String]
    public let computed: [String]
    /// The digest of the model that computed both.
    public let model: String
    public let runtime: String
    public let recordedRuntime: String
}

extension Application {
    /// Computes a recorded prediction again, from its sealed picture and the model that the event names.
    public func reproduce(_ id: String, _ context: RequestContext) async throws(ServiceError) -> ReproductionView {
        try await require(.predictionReproduce, for: "reproduce", context)
        let history = try await history(of: id)
        let prediction = history.prediction
        guard let model = try await control.current().models.models[prediction.model.digest] else {
            throw ServiceError(Rejection.modelUnknown)
        }
        let image = try await openImage(of: prediction)
        let answer = try await predictor.score(
            image, digest: SHA256.hash(image), model: model.registration, isFresh: true)
        let computed = answer.scores.map(Probability.decimal)
        let same = computed == prediction.scores
        let details = Recorder.Details(
            same ? .success : .serious, because: same ? nil : "bits-differ", subject: prediction.subject,
            causation: history.eventID, severity: same ? nil : .high)
        let event = PredictionReproduced(prediction: id, same: same, runtime: InferenceEngine.runtimeDescription)
        try await note(.predictionReproduced(event), in: "access", context, details)
        return ReproductionView(
            id: id, same: same, recorded: prediction.scores, computed: computed, model: prediction.model.digest,
            runtime: InferenceEngine.runtimeDescription, recordedRuntime: prediction.runtime)
    }
}

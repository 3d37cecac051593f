import Records
import Service

/// A prediction in the shape of the original service's `POST /predict`, with ours in `metadata`.
struct OperatorPrediction: Encodable {
    struct Metadata: Encodable {
        let id: String
        let index: UInt64
        let entryHash: String
        let checkpoint: String?
        let probability: Double
        let threshold: Double
        let model: PredictionView.Model
        let preprocessing: String
        let subject: String
        let cached: Bool
    }

    let prediction: String
    let confidence: Double
    /// By class, as the classes are written.
    let probabilities: [String: Double]
    let modelVersion: String
    let processingTimeMs: Double
    let timestamp: String
    let metadata: Metadata

    init(_ view: PredictionView) {
        (prediction, confidence, modelVersion) = (view.prediction, view.confidence, view.model.version)
        probabilities = view.probabilities
        (processingTimeMs, timestamp) = (view.durationMs, view.recordedAt)
        metadata = Metadata(
            id: view.id, index: view.index, entryHash: view.entryHash, checkpoint: view.checkpoint,
            probability: view.probability, threshold: view.threshold, model: view.model,
            preprocessing: view.preprocessing.id, subject: view.subject, cached: view.cached)
    }
}

/// One prediction and what people said of it: recorded once, reviewed any number of times, never changed.
public enum Prediction: Decider {
    public enum Command: Hashable, Sendable {
        case record(Scored)
        /// `classes` are those of the model that answered.
        case review(ReviewVerdict, label: String?, reason: SealedField?, classes: [String])
    }

    /// A picture that a model has scored.
    public struct Scored: Hashable, Sendable {
        public let prediction: String
        public let subject: String
        public let image: SealedImage
        public let model: ModelRegistry.Model
        public let scores: [Float]
        public let runtime: String
        public let isCached: Bool
        public let microseconds: Int64
        public let sealed: SealedField

        public init(
            prediction: String, subject: String, image: SealedImage, model: ModelRegistry.Model, scores: [Float],
            runtime: String, isCached: Bool, microseconds: Int64, sealed: SealedField
        ) {
            (self.prediction, self.subject, self.image, self.model) = (prediction, subject, image, model)
            (self.scores, self.runtime, self.isCached) = (scores, runtime, isCached)
            (self.microseconds, self.sealed) = (microseconds, sealed)
        }
    }

    public enum State: Hashable, Sendable {
        case absent
        case recorded(PredictionRecorded, reviews: [PredictionReviewed])
    }

    public static let initialState = State.absent

    public static func decide(_ command: Command, in state: State) throws(Rejection) -> [Event] {
        switch (command, state) {
        case (.record(let scored), .absent): return [.predictionRecorded(try judged(scored))]
        case (.record, .recorded): throw .predictionExists
        case (.review, .absent): throw .predictionUnknown
        case (.review(.agree, let label, let reason, _), .recorded(let prediction, _)):
            guard label == nil || label == prediction.label else { throw .reviewLabelInvalid }
            return [reviewed(prediction, .agree, label: prediction.label, reason: reason)]
        case (.review(.override, let label, let reason, let classes), .recorded(let prediction, _)):
            guard let label, label != prediction.label, classes.contains(label) else { throw .reviewLabelInvalid }
            guard reason != nil else { throw .reviewReasonMissing }
            return [reviewed(prediction, .override, label: label, reason: reason)]
        }
    }

    public static func evolve(_ state: inout State, with event: Event) {
        switch (event, state) {
        case (.predictionRecorded(let prediction), .absent): state = .recorded(prediction, reviews: [])
        case (.predictionReviewed(let review), .recorded(let prediction, let reviews)):
            state = .recorded(prediction, reviews: reviews + [review])
        default: break  // every other event belongs to another stream
        }
    }

    private static func judged(_ scored: Scored) throws(Rejection) -> PredictionRecorded {
        let (model, registration) = (scored.model, scored.model.registration)
        let verdict = try Verdict(
            scores: scored.scores, classes: registration.classes, threshold: model.threshold)
        return PredictionRecorded(
            prediction: scored.prediction, subject: scored.subject, image: scored.image, model: model.reference,
            preprocessing: registration.preprocessing, label: verdict.label,
            probability: Probability.decimal(verdict.probability), scores: scored.scores.map(Probability.decimal),
            threshold: model.threshold, runtime: scored.runtime, cached: scored.isCached,
            durationUs: scored.microseconds, sealed: scored.sealed)
    }

    private static func reviewed(
        _ prediction: PredictionRecorded, _ verdict: ReviewVerdict, label: String, reason: SealedField?
    ) -> Event {
        .predictionReviewed(
            .init(
                prediction: prediction.prediction, subject: prediction.subject, verdict: verdict, label: label,
                reason: reason))
    }
}

/// One prediction and what people said of it: recorded once, reviewed any number of times, never changed.
public enum PredictionReview: Decider {
    public enum Command: Hashable, Sendable {
        case record(PredictionRecorded)
        /// `classes` are those of the model that answered.
        case review(ReviewVerdict, label: String?, reason: SealedField?, classes: [String])
    }

    public enum State: Hashable, Sendable {
        case absent
        case recorded(PredictionRecorded, reviews: [PredictionReviewed])
    }

    public static let initialState = State.absent

    public static func decide(_ command: Command, in state: State) throws(Rejection) -> [Event] {
        switch (command, state) {
        case (.record(let prediction), .absent): return [.predictionRecorded(prediction)]
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

    private static func reviewed(
        _ prediction: PredictionRecorded, _ verdict: ReviewVerdict, label: String, reason: SealedField?
    ) -> Event {
        .predictionReviewed(
            .init(
                prediction: prediction.prediction, subject: prediction.subject, verdict: verdict, label: label,
                reason: reason))
    }
}

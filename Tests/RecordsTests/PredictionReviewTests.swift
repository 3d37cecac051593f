import Records
import Testing

@Suite struct `Review of a prediction` {
    let given = PredictionReview.replay([.predictionRecorded(prediction("p1"))])
    let classes = ["NORMAL", "PNEUMONIA"]

    @Test func `agrees with the label as it is`() throws {
        let events = try PredictionReview.decide(.review(.agree, label: nil, reason: nil, classes: classes), in: given)
        let expected = PredictionReviewed(
            prediction: "p1", subject: "s_1", verdict: .agree, label: "PNEUMONIA", reason: nil)
        #expect(events == [.predictionReviewed(expected)])
    }

    @Test func `overrides with another class of the model and a reason`() throws {
        let events = try PredictionReview.decide(
            .review(.override, label: "NORMAL", reason: sealed, classes: classes), in: given)
        let state = PredictionReview.replay([.predictionRecorded(prediction("p1"))] + events)
        guard case .recorded(let kept, let reviews) = state else { return #expect(Bool(false)) }
        #expect(kept.label == "PNEUMONIA")  // the model's answer stays
        #expect(reviews.map(\.label) == ["NORMAL"])
    }

    @Test(arguments: [nil, "PNEUMONIA", "TUBERCULOSIS"])
    func `refuses an override without another class of the model`(label: String?) {
        #expect(throws: Rejection.reviewLabelInvalid) {
            try PredictionReview.decide(.review(.override, label: label, reason: sealed, classes: classes), in: given)
        }
    }

    @Test func `refuses an override without a reason`() {
        #expect(throws: Rejection.reviewReasonMissing) {
            try PredictionReview.decide(.review(.override, label: "NORMAL", reason: nil, classes: classes), in: given)
        }
    }

    @Test func `needs a prediction, which is recorded once`() {
        #expect(throws: Rejection.predictionUnknown) {
            try PredictionReview.decide(.review(.agree, label: nil, reason: nil, classes: classes), in: .absent)
        }
        #expect(throws: Rejection.predictionExists) {
            try PredictionReview.decide(.record(prediction("p1")), in: given)
        }
    }
}

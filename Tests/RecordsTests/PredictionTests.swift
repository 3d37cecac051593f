import Records
import Testing

@Suite struct `A prediction` {
    let given = Prediction.replay([.predictionRecorded(prediction("p1"))])
    let classes = ["NORMAL", "PNEUMONIA"]

    @Test func `agrees with the label as it is`() throws {
        let events = try Prediction.decide(.review(.agree, label: nil, reason: nil, classes: classes), in: given)
        let expected = PredictionReviewed(
            prediction: "p1", subject: "s_1", verdict: .agree, label: "PNEUMONIA", reason: nil)
        #expect(events == [.predictionReviewed(expected)])
    }

    @Test func `overrides with another class of the model and a reason`() throws {
        let events = try Prediction.decide(
            .review(.override, label: "NORMAL", reason: sealed, classes: classes), in: given)
        let state = Prediction.replay([.predictionRecorded(prediction("p1"))] + events)
        guard case .recorded(let kept, let reviews) = state else { return #expect(Bool(false)) }
        #expect(kept.label == "PNEUMONIA")  // the model's answer stays
        #expect(reviews.map(\.label) == ["NORMAL"])
    }

    @Test(arguments: [nil, "PNEUMONIA", "TUBERCULOSIS"])
    func `refuses an override without another class of the model`(label: String?) {
        #expect(throws: Rejection.reviewLabelInvalid) {
            try Prediction.decide(.review(.override, label: label, reason: sealed, classes: classes), in: given)
        }
    }

    @Test func `refuses an override without a reason`() {
        #expect(throws: Rejection.reviewReasonMissing) {
            try Prediction.decide(.review(.override, label: "NORMAL", reason: nil, classes: classes), in: given)
        }
    }

    @Test func `is recorded once, before it is reviewed`() {
        #expect(throws: Rejection.predictionUnknown) {
            try Prediction.decide(.review(.agree, label: nil, reason: nil, classes: classes), in: .absent)
        }
        #expect(throws: Rejection.predictionExists) {
            try Prediction.decide(.record(scored([0.9])), in: given)
        }
    }

    @Test func `is recorded with the verdict that its scores lead to`() throws {
        let events = try Prediction.decide(.record(scored([0.98666966])), in: .absent)
        #expect(events == [.predictionRecorded(prediction("p1"))])
    }

    @Test(arguments: [[], [0.5, 0.5, 0], [.nan], [.infinity], [-0.1], [1.5]] as [[Float]])
    func `is not recorded with scores that are no probabilities of the model's classes`(scores: [Float]) {
        #expect(throws: Rejection.scoresInvalid) { try Prediction.decide(.record(scored(scores)), in: .absent) }
    }

    private func scored(_ scores: [Float]) -> Prediction.Scored {
        let recorded = prediction("p1")
        let models = ModelRegistry.replay([.modelRegistered(model("aa"))]).models
        guard let model = models["aa"] else { preconditionFailure("the model was registered") }
        return .init(
            prediction: "p1", subject: recorded.subject, image: recorded.image, model: model, scores: scores,
            runtime: recorded.runtime, isCached: recorded.cached, microseconds: recorded.durationUs, sealed: sealed)
    }
}

import CanonicalJSON
import Ledger
public import Records
import Storage

extension Application {
    /// Records that a person agreed with a prediction, or overrode it with a reason.
    public func review(
        _ id: String, verdict: ReviewVerdict, label: String?, reason: String?, _ context: RequestContext
    ) async throws(ServiceError) -> PredictionView {
        try await require(.predictionReview, for: "review", context)
        try requireWritable()
        let reason = reason.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        guard (reason?.utf8.count ?? 0) <= 4_000 else {
            throw ServiceError(.invalid, "review-reason-too-long", "A reason has at most 4000 bytes.")
        }
        for _ in 0..<Self.attempts {
            let history = try await history(of: id)
            let prediction = history.prediction
            var sealed: SealedField?
            if let reason {
                guard let subject = try await vault.subject(id: prediction.subject) else { throw Self.erased }
                sealed = subject.seal(Array(reason.utf8), context: "review")
            }
            let control = try await control.current()
            try await authorized(context, in: control)
            let classes = control.models.models[prediction.model.digest]?.registration.classes ?? []
            let events: [Event]
            do {
                events = try Prediction.decide(
                    .review(verdict, label: label, reason: sealed, classes: classes), in: history.state)
            } catch { throw ServiceError(wrapping: error) }
            let details = Recorder.Details(
                subject: prediction.subject, causation: history.eventID, isSignature: true)
            let stream = "prediction/\(id)"
            do {
                _ = try await recorder.record(
                    events.map { (stream, $0) }, in: context, details: details,
                    preconditions: [stream: .version(history.version)], epoch: control.epoch)
                return try await detail(of: try await self.history(of: id), context)
            } catch let error as AppendError {
                switch error {
                case .conflict, .staleEpoch: try? await Task.sleep(for: .milliseconds(2))  // until it is released
                default: throw ServiceError(error)
                }
            } catch { throw ServiceError(wrapping: error) }
        }
        throw ServiceError(AppendError.conflict(stream: id))
    }

    static let erased = ServiceError(.notFound, "subject-erased", "The personal data of this prediction were erased.")
}

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
            let (state, version) = try await predictionStream(id)
            guard case .recorded(let prediction, _) = state else { throw ServiceError(Rejection.predictionUnknown) }
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
                events = try PredictionReview.decide(
                    .review(verdict, label: label, reason: sealed, classes: classes), in: state)
            } catch { throw ServiceError(wrapping: error) }
            var details = Recorder.Details()
            details.subject = prediction.subject
            let stream = "prediction/\(id)"
            do {
                _ = try await recorder.record(
                    events.map { (stream, $0) }, in: context, details: details,
                    preconditions: [stream: .version(version)], epoch: control.epoch)
                wake()
                return try await detail(of: id, context)
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

    /// One prediction's history, folded, with the version of its last event.
    func predictionStream(_ id: String) async throws(ServiceError) -> (state: PredictionReview.State, version: UInt64) {
        let events = try await predictionEvents(id).events
        var state = PredictionReview.initialState
        for event in events { if case .known(let event) = event.fact { PredictionReview.evolve(&state, with: event) } }
        guard let last = events.last else { throw ServiceError(Rejection.predictionUnknown) }
        return (state, last.envelope.version)
    }

    /// The events of one prediction's stream, in order, each proved.
    func predictionEvents(_ id: String) async throws(ServiceError) -> ProvenLog.Found {
        guard id.utf8.count == 36 else { throw ServiceError(Rejection.predictionUnknown) }
        do {
            let found = try await proven.read { reader throws(StorageError) in
                try reader.stream("prediction/\(id)", from: 0, limit: 10_000)
            }
            guard found.events.enumerated().allSatisfy({ $0.element.envelope.version == UInt64($0.offset) }) else {
                throw StorageError(.corrupt, detail: "a hole in the stream of prediction \(id)")
            }
            return found
        } catch { throw ServiceError(wrapping: error) }
    }
}

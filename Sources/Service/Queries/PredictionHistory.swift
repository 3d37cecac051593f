import Ledger
import Records
import Storage

/// What the log holds of one prediction, each event proved.
struct PredictionHistory: Sendable {
    let events: [LoggedEvent]
    /// The first event, which recorded it.
    let first: LoggedEvent
    let prediction: PredictionRecorded
    let state: Prediction.State
    /// The note that vouches for all of it; nil when only the signatures do.
    let checkpoint: String?

    /// The id of the event that recorded it.
    var eventID: String { first.envelope.id }

    /// The version of the last event.
    var version: UInt64 { UInt64(events.count - 1) }

    /// - Throws: `.corrupt` when the events are not one stream from its start on.
    init?(_ found: ProvenLog.Found, id: String) throws(StorageError) {
        guard let first = found.events.first else { return nil }
        guard found.events.enumerated().allSatisfy({ $0.element.envelope.version == UInt64($0.offset) }),
            case .known(.predictionRecorded(let prediction)) = first.fact, prediction.prediction == id
        else { throw StorageError(.corrupt, detail: "the stream of prediction \(id)") }
        (events, self.first, self.prediction) = (found.events, first, prediction)
        checkpoint = found.checkpoint?.note
        var state = Prediction.initialState
        for event in events { if case .known(let fact) = event.fact { Prediction.evolve(&state, with: fact) } }
        self.state = state
    }
}

extension Application {
    /// The history of a prediction.
    ///
    /// - Throws: `prediction-unknown`.
    func history(of id: String) async throws(ServiceError) -> PredictionHistory {
        guard id.utf8.count == 36 else { throw ServiceError(Rejection.predictionUnknown) }
        do {
            let found = try await proven.read { reader throws(StorageError) in
                try reader.stream("prediction/\(id)", from: 0, limit: 10_000)
            }
            guard let history = try PredictionHistory(found, id: id) else { throw await unknownPrediction() }
            return history
        } catch { throw ServiceError(wrapping: error) }
    }

    /// That there is no such prediction, which nobody may take for certain while entries are missing.
    private func unknownPrediction() async -> ServiceError {
        guard let missing = await missingEntries() else { return ServiceError(Rejection.predictionUnknown) }
        return ServiceError(
            .notFound, Rejection.predictionUnknown.rawValue,
            "No prediction that is here has this id; the log is BEHIND, and it may be among the \(missing) entries that are missing."
        )
    }
}

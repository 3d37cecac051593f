import Crypto
import Ledger
import Records
import Storage

/// The list of predictions with their latest review.
struct PredictionsProjection: FollowingProjection {
    let name = "predictions"
    let version = 1
    var tables: [Table] { [Self.table] }
    let types: Set<String>? = Set(
        [EventType.predictionRecorded, .predictionReviewed].map(\.rawValue))

    static let table = Table(
        name: "predictions",
        columns: [
            .init("id", .text), .init("idx", .integer), .init("subject", .text), .init("label", .text),
            .init("probability", .text), .init("threshold", .text), .init("model_name", .text),
            .init("model_version", .text), .init("model_digest", .text), .init("preprocessing", .text),
            .init("preprocessing_sha256", .text), .init("recorded_at", .integer), .init("occurred_at", .integer),
            .init("actor", .text), .init("event_id", .text), .init("entry_hash", .text), .init("image_format", .text),
            .init("image_width", .integer), .init("image_height", .integer), .init("image_bytes", .integer),
            .init("image_blob", .text), .init("scores", .text), .init("cached", .integer),
            .init("duration_us", .integer), .init("verdict", .text), .init("review_label", .text),
            .init("reviewer", .text), .init("review_idx", .integer), .init("reviewed_at", .integer),
        ],
        indexes: [
            ["idx"], ["subject", "idx"], ["label", "idx"], ["model_digest", "idx"], ["recorded_at"],
            .sparse("reviewer", "idx"),
        ])

    func changes(for event: LoggedEvent) -> [TableChange] {
        switch event.fact {
        case .known(.predictionRecorded(let prediction)): [recorded(prediction, by: event)]
        case .known(.predictionReviewed(let review)): [reviewed(review, by: event)]
        case .known, .unknown: []
        }
    }

    private func reviewed(_ review: PredictionReviewed, by event: LoggedEvent) -> TableChange {
        .update(
            table: Self.table.name, key: .text(review.prediction),
            set: [
                "verdict": .text(review.verdict.rawValue), "review_label": .text(review.label),
                "reviewer": .text(event.envelope.actor.id), "review_idx": .integer(Int64(event.index)),
                "reviewed_at": .integer(event.envelope.recordedAt.microseconds),
            ])
    }

    private func recorded(_ prediction: PredictionRecorded, by event: LoggedEvent) -> TableChange {
        let image = prediction.image
        return .insert(
            table: Self.table.name,
            row: [
                .text(prediction.prediction), .integer(Int64(event.index)), .text(prediction.subject),
                .text(prediction.label), .text(prediction.probability), .text(prediction.threshold),
                .text(prediction.model.name), .text(prediction.model.version), .text(prediction.model.digest),
                .text(prediction.preprocessing.id), .text(prediction.preprocessing.sha256),
                .integer(event.envelope.recordedAt.microseconds), .integer(event.envelope.occurredAt.microseconds),
                .text(event.envelope.actor.id), .text(event.envelope.id), .text(event.entryHash.hex),
                .text(image.format), .integer(Int64(image.width)), .integer(Int64(image.height)),
                .integer(image.bytes), .text(image.blob), .text(prediction.scores.joined(separator: " ")),
                .integer(prediction.cached ? 1 : 0), .integer(prediction.durationUs), .null, .null, .null, .null,
                .null,
            ])
    }
}

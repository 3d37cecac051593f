import Crypto
import Ledger
import Records
import Storage

extension PredictionView {
    /// From the event itself, and the classes of the model that it names.
    init(_ event: PredictionRecorded, by logged: LoggedEvent, classes: [String]) {
        let scores = event.scores.compactMap(Double.init)
        let probabilities = Self.probabilities(scores, classes)
        self.init(
            id: event.prediction, prediction: event.label, probability: Double(event.probability) ?? 0,
            threshold: Double(event.threshold) ?? 0, confidence: probabilities[event.label] ?? 0,
            probabilities: probabilities, scores: scores,
            model: .init(name: event.model.name, version: event.model.version, digest: event.model.digest),
            preprocessing: event.preprocessing, subject: event.subject,
            image: .init(
                format: event.image.format, width: event.image.width, height: event.image.height,
                bytes: event.image.bytes, digest: event.image.blob),
            index: logged.index, entryHash: logged.entryHash.hex, eventId: logged.envelope.id,
            recordedAt: logged.envelope.recordedAt.description, occurredAt: logged.envelope.occurredAt.description,
            actor: logged.envelope.actor.id, cached: event.cached, durationMs: Double(event.durationUs) / 1_000)
    }

    /// From a row of the list.
    init?(row: [TableValue], models: ModelRegistry.State) {
        let table = PredictionsProjection.table
        func text(_ name: String) -> String { row[table.position(of: name)].text ?? "" }
        func number(_ name: String) -> Int64 { row[table.position(of: name)].integer ?? 0 }
        guard row.count == table.columns.count, let index = UInt64(exactly: number("idx")) else { return nil }
        let scores = text("scores").split(separator: " ").compactMap { Double($0) }
        let classes = models.models[text("model_digest")]?.registration.classes ?? []
        let probabilities = Self.probabilities(scores, classes)
        self.init(
            id: text("id"), prediction: text("label"), probability: Double(text("probability")) ?? 0,
            threshold: Double(text("threshold")) ?? 0, confidence: probabilities[text("label")] ?? 0,
            probabilities: probabilities, scores: scores,
            model: .init(name: text("model_name"), version: text("model_version"), digest: text("model_digest")),
            preprocessing: .init(id: text("preprocessing"), sha256: text("preprocessing_sha256")),
            subject: text("subject"),
            image: .init(
                format: text("image_format"), width: Int(number("image_width")), height: Int(number("image_height")),
                bytes: number("image_bytes"), digest: text("image_blob")),
            index: index, entryHash: text("entry_hash"), eventId: text("event_id"),
            recordedAt: Timestamp(microseconds: number("recorded_at")).description,
            occurredAt: Timestamp(microseconds: number("occurred_at")).description, actor: text("actor"),
            cached: number("cached") == 1, durationMs: Double(number("duration_us")) / 1_000)
        guard let verdict = row[table.position(of: "verdict")].text else { return }
        review = .init(
            verdict: verdict, label: text("review_label"), reviewer: text("reviewer"), reason: nil,
            recordedAt: Timestamp(microseconds: number("reviewed_at")).description,
            index: UInt64(clamping: number("review_idx")))
    }

    private static func probabilities(_ scores: [Double], _ classes: [String]) -> [String: Double] {
        let values = Verdict.probabilities(scores: scores, classes: classes) ?? []
        return Dictionary(zip(classes, values)) { $1 }
    }
}

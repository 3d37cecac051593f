import CanonicalJSON
import Crypto
import Ledger
import Records
import Storage

extension Application {
    /// One prediction with its history; looking at it is an event.
    public func prediction(_ id: String, _ context: RequestContext) async throws(ServiceError) -> PredictionView {
        try await require(.predictionRead, for: "prediction", context)
        let history = try await history(of: id)
        let view = try await detail(of: history, context)
        try await noteLook(at: "detail", of: history.prediction, history.first, context)
        return view
    }

    /// The picture of a prediction as it was sent, and its media type.
    public func image(
        of id: String, _ context: RequestContext
    ) async throws(ServiceError) -> (bytes: [UInt8], mediaType: String) {
        try await require(.imageRead, for: "image", context)
        let history = try await history(of: id)
        let bytes = try await openImage(of: history.prediction)
        try await noteLook(at: "image", of: history.prediction, history.first, context)
        return (bytes, "image/\(history.prediction.image.format)")
    }

    /// A stored entry with everything that is needed to check it without us.
    public func proof(of id: String, _ context: RequestContext) async throws(ServiceError) -> ProofView {
        try await require(.predictionRead, for: "proof", context)
        guard id.utf8.count == 36 else { throw ServiceError(Rejection.predictionUnknown) }
        let (event, proof) = try await proof(reading: { reader throws(StorageError) in
            try reader.stream("prediction/\(id)", from: 0, limit: 1).first
        })
        guard case .known(.predictionRecorded(let prediction)) = event.fact, prediction.prediction == id else {
            throw ServiceError(StorageError(.corrupt))
        }
        try await noteLook(at: "proof", of: prediction, event, context)
        return proof
    }

    /// A page of predictions, newest first; searching is an event.
    public func predictions(_ filter: PredictionFilter, _ context: RequestContext) async throws(ServiceError)
        -> PredictionPage
    {
        try await require(.predictionSearch, for: "predictions", context)
        var query = TableQuery(PredictionsProjection.table, order: "idx", limit: min(max(1, filter.limit), 500) + 1)
        var subject: String?
        let patient = filter.patient.flatMap(PredictionRequest.trimmed)
        if let patient {
            // Finding a patient's predictions by their id tells whose they are.
            try await require(.patientRead, for: "predictions of a patient", context)
            try PredictionRequest.check(patient, named: "patient")
            subject = try await vault.known(patient: patient)?.id
            query.filters.append(.equals("subject", .text(subject ?? "")))  // nobody has the empty pseudonym
        }
        query.filters += try timeFilters(from: filter.from, to: filter.to)
        if let label = filter.label { query.filters.append(.equals("label", .text(label.uppercased()))) }
        if let model = filter.model { query.filters.append(try await modelFilter(model, "model_digest")) }
        if let reviewer = filter.reviewer { query.filters.append(.equals("reviewer", .text(reviewer))) }
        if let isReviewed = filter.isReviewed {
            query.filters.append(isReviewed ? .isNotNull("verdict") : .isNull("verdict"))
        }
        query.before = try cursor(filter.cursor)
        let page = try await page(
            query, of: PredictionsProjection(), by: "idx", "review_idx", seeing: filter.waitForIndex)
        let models = try await control.current().models
        let shown = page.rows.compactMap { PredictionView(row: $0, models: models) }
        let next = page.hasMore ? shown.last.map { String($0.index) } : nil
        let described = [
            ("patient", patient.map { _ in subject == nil ? "unknown" : "known" }), ("from", filter.from),
            ("to", filter.to), ("label", filter.label), ("model", filter.model),
            ("reviewer", filter.reviewer), ("reviewed", filter.isReviewed.map { $0 ? "yes" : "no" }),
        ].compactMap { name, value in value.map { "\(name)=\($0.prefix(100))" } }
        try await noteClinical(
            .predictionSearched(.init(filters: described, subject: subject, returned: Int64(shown.count))),
            in: "access", context, .init(subject: subject))
        return PredictionPage(
            predictions: shown, next: next, position: page.position, missing: await missingEntries(), lag: page.lag)
    }

    /// Opens the sealed picture of a prediction.
    func openImage(of prediction: PredictionRecorded) async throws(ServiceError) -> [UInt8] {
        guard let subject = try await vault.subject(id: prediction.subject) else { throw Self.erased }
        guard let name = Digest(hex: prediction.image.blob) else { throw ServiceError(StorageError(.corrupt)) }
        let blob: [UInt8]
        do throws(StorageError) { blob = try await blobs.images.get(name) } catch {
            throw error.damage(of: "images/\(name.hex.prefix(2))/\(name.hex)")
        }
        return try await workers.run { () throws(ServiceError) in
            guard let plain = subject.openImage(blob, commit: prediction.image.commit) else {
                throw ServiceError(
                    .unavailable, "image-unreadable", "The sealed picture cannot be opened with its subject's secret.")
            }
            return plain
        }
    }

    /// The detail of a prediction, as answers to commands show it too.
    func detail(of history: PredictionHistory, _ context: RequestContext) async throws(ServiceError) -> PredictionView {
        let prediction = history.prediction
        let model = try await control.current().models.models[prediction.model.digest]
        var view = PredictionView(prediction, by: history.first, classes: model?.registration.classes ?? [])
        view.limits = model?.registration.limits
        view.checkpoint = history.checkpoint
        view.level = history.checkpoint == nil ? "signed, not proven at the moment" : Self.proven
        let subject = try await vault.subject(id: prediction.subject)
        if context.principal.role.holds(.patientRead) {
            let fields = personal(prediction, subject)
            (view.patient, view.fileName) = (fields["patient"]?.stringValue, fields["file_name"]?.stringValue)
        }
        var reviews: [PredictionView.Review] = []
        for event in history.events {
            guard case .known(.predictionReviewed(let review)) = event.fact else { continue }
            let reason =
                context.principal.role.holds(.patientRead)
                ? review.reason.flatMap { subject?.open($0, context: "review") } : nil
            reviews.append(
                .init(
                    verdict: review.verdict.rawValue, label: review.label, reviewer: event.envelope.actor.id,
                    reason: reason.map { String(decoding: $0, as: UTF8.self) },
                    recordedAt: event.envelope.recordedAt.description, index: event.index))
        }
        (view.reviews, view.review) = (reviews, reviews.last)
        view.history = history.events.map {
            .init(
                index: $0.index, type: $0.envelope.type, recordedAt: $0.envelope.recordedAt.description,
                actor: $0.envelope.actor.id, outcome: $0.envelope.outcome)
        }
        return view
    }

    /// The answer to a command that was just recorded.
    func view(
        _ event: LoggedEvent, _ checkpoint: String, _ model: ModelRegistry.Model, patient: String?,
        _ context: RequestContext
    ) throws(ServiceError) -> PredictionView {
        guard case .known(.predictionRecorded(let prediction)) = event.fact else {
            throw ServiceError(StorageError(.corrupt))
        }
        var view = PredictionView(prediction, by: event, classes: model.registration.classes)
        (view.checkpoint, view.level) = (checkpoint, Self.proven)
        view.limits = model.registration.limits
        view.patient = context.principal.role.holds(.patientRead) ? patient : nil
        return view
    }

    private static let proven = "durable and proven"

    private func personal(_ prediction: PredictionRecorded, _ subject: Subject?) -> JSONValue {
        guard let plain = subject?.open(prediction.sealed, context: "prediction"),
            let value = try? JSONValue.parse(plain)
        else { return .null }
        return value
    }

    private func noteLook(
        at part: String, of prediction: PredictionRecorded, _ event: LoggedEvent, _ context: RequestContext
    ) async throws(ServiceError) {
        let look = PredictionRead(prediction: prediction.prediction, subject: prediction.subject, part: part)
        try await noteClinical(
            .predictionRead(look), in: "access", context,
            .init(subject: prediction.subject, causation: event.envelope.id))
    }

    /// Only rows whose column names a model that is meant.
    func modelFilter(_ text: String, _ column: String) async throws(ServiceError) -> TableQuery.Filter {
        let models = try await control.current().models.matching(text)
        return .isOneOf(column, models.map { .text($0.registration.digest) })
    }
}

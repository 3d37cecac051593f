import CanonicalJSON
import Crypto
import Ledger
import Records
import Storage

extension Application {
    /// One prediction with its history; looking at it is an event.
    public func prediction(_ id: String, _ context: RequestContext) async throws(ServiceError) -> PredictionView {
        try await require(.predictionRead, for: "prediction", context)
        let view = try await detail(of: id, context)
        try await read(id, subject: view.subject, part: "detail", context)
        return view
    }

    /// The picture of a prediction as it was sent, and its media type.
    public func image(
        of id: String, _ context: RequestContext
    ) async throws(ServiceError) -> (bytes: [UInt8], mediaType: String) {
        try await require(.imageRead, for: "image", context)
        guard case .recorded(let prediction, _) = try await predictionStream(id).state else {
            throw ServiceError(Rejection.predictionUnknown)
        }
        let bytes = try await openImage(of: prediction)
        try await read(id, subject: prediction.subject, part: "image", context)
        return (bytes, "image/\(prediction.image.format)")
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
        try await read(id, subject: prediction.subject, part: "proof", context)
        return proof
    }

    /// A page of predictions, newest first; searching is an event.
    public func predictions(_ filter: PredictionFilter, _ context: RequestContext) async throws(ServiceError)
        -> PredictionPage
    {
        try await require(.predictionSearch, for: "predictions", context)
        var query = TableQuery(PredictionsProjection.table, order: "idx", limit: min(max(1, filter.limit), 500) + 1)
        var subject: String?
        if let patient = filter.patient.flatMap(PredictionRequest.trimmed) {
            subject = try await vault.known(patient: patient)?.id ?? "unknown"
            query.filters.append(.equals("subject", .text(subject ?? "")))
        }
        query.filters += try timeFilters(from: filter.from, to: filter.to)
        if let label = filter.label { query.filters.append(.equals("label", .text(label.uppercased()))) }
        if let model = filter.model { query.filters.append(try await modelFilter(model)) }
        if let reviewer = filter.reviewer { query.filters.append(.equals("reviewer", .text(reviewer))) }
        if let isReviewed = filter.isReviewed {
            query.filters.append(isReviewed ? .isNotNull("verdict") : .isNull("verdict"))
        }
        query.before = try cursor(filter.cursor)
        try await catchUp(toIndex: filter.waitForIndex)
        let (rows, position) = try await page(query)
        let shown = try await proven(rows.prefix(query.limit - 1), of: PredictionsProjection(), by: "idx", "review_idx")
            .compactMap { PredictionView(row: $0) }
        let next = rows.count == query.limit ? shown.last.map { String($0.index) } : nil
        var details = Recorder.Details()
        details.subject = subject
        let described = [
            ("from", filter.from), ("to", filter.to), ("label", filter.label), ("model", filter.model),
            ("reviewer", filter.reviewer), ("reviewed", filter.isReviewed.map { $0 ? "yes" : "no" }),
        ].compactMap { name, value in value.map { "\(name)=\($0.prefix(100))" } }
        try await note(
            .predictionSearched(.init(filters: described, subject: subject, returned: Int64(shown.count))),
            in: "access",
            context, details)
        return PredictionPage(predictions: Array(shown), next: next, position: position)
    }

    /// Opens the sealed picture of a prediction.
    func openImage(of prediction: PredictionRecorded) async throws(ServiceError) -> [UInt8] {
        guard let subject = try await vault.subject(id: prediction.subject) else { throw Self.erased }
        guard let name = Digest(hex: prediction.image.blob) else { throw ServiceError(StorageError(.corrupt)) }
        let images = images
        return try await workers.run { () throws(ServiceError) in
            let blob: [UInt8]
            do { blob = try images.get(name) } catch { throw ServiceError(wrapping: error) }
            guard let plain = subject.openImage(blob, commit: prediction.image.commit) else {
                throw ServiceError(
                    .unavailable, "image-unreadable", "The sealed picture cannot be opened with its subject's secret.")
            }
            return plain
        }
    }

    /// The detail of a prediction, as answers to commands show it too.
    func detail(of id: String, _ context: RequestContext) async throws(ServiceError) -> PredictionView {
        let found = try await predictionEvents(id)
        let events = found.events
        guard let first = events.first, case .known(.predictionRecorded(let prediction)) = first.fact else {
            throw ServiceError(Rejection.predictionUnknown)
        }
        let control = try await control.current()
        var view = PredictionView(prediction, by: first)
        view.limits = control.models.models[prediction.model.digest]?.registration.limits
        view.checkpoint = found.checkpoint?.note
        view.level = found.checkpoint == nil ? "signed, not proven at the moment" : "durable and proven"
        let subject = try await vault.subject(id: prediction.subject)
        if context.principal.role.holds(.patientRead) {
            let fields = personal(prediction, subject)
            (view.patient, view.fileName) = (fields["patient"]?.stringValue, fields["file_name"]?.stringValue)
        }
        var reviews: [PredictionView.Review] = []
        for event in events {
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
        view.history = events.map {
            .init(
                index: $0.index, type: $0.envelope.type, recordedAt: $0.envelope.recordedAt.description,
                actor: $0.envelope.actor.id, outcome: $0.envelope.outcome)
        }
        return view
    }

    /// The answer to a command that was just recorded.
    func view(
        _ event: PredictionRecorded, _ receipt: Receipt, patient: String?, _ context: RequestContext,
        _ model: ModelRegistered
    ) throws(ServiceError) -> PredictionView {
        guard let recorded = receipt.events.first, let logged = try? LoggedEvent(recorded.bytes, at: recorded.index)
        else { throw ServiceError(StorageError(.corrupt)) }
        var view = PredictionView(event, by: logged)
        view.checkpoint = receipt.checkpoint
        view.level = "durable and proven"
        view.limits = model.limits
        view.patient = context.principal.role.holds(.patientRead) ? patient : nil
        return view
    }

    private func personal(_ prediction: PredictionRecorded, _ subject: Subject?) -> JSONValue {
        guard let plain = subject?.open(prediction.sealed, context: "prediction"),
            let value = try? JSONValue.parse(plain)
        else { return .null }
        return value
    }

    func read(
        _ id: String, subject: String, part: String, _ context: RequestContext
    ) async throws(ServiceError) {
        var details = Recorder.Details()
        details.subject = subject
        try await note(
            .predictionRead(.init(prediction: id, subject: subject, part: part)), in: "access", context, details)
    }

    private func modelFilter(_ text: String) async throws(ServiceError) -> TableQuery.Filter {
        let isDigest =
            text.utf8.count >= 8 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        if isDigest { return .hasPrefix("model_digest", text) }
        let models = try await control.current().models.models.values
        return .equals(models.contains { $0.registration.name == text } ? "model_name" : "model_version", .text(text))
    }
}

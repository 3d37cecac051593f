import Crypto
import Records
import Storage

/// Requests that carry an `Idempotency-Key` are recorded once, however often they come.
extension Application {
    /// The keyed digests by which a repeated request is recognised.
    func idempotency(
        of request: PredictionRequest, digest: Digest, _ context: RequestContext
    ) throws(ServiceError) -> Append.Idempotency? {
        guard let key = request.idempotencyKey else { return nil }
        let secret = try ring.derived("idempotency")
        let content = digest.bytes + Array((request.patient ?? "").utf8)
        return .init(
            principal: context.principal.id, key: HMACSHA256.authenticate(Array(key.utf8), key: secret).hex,
            request: HMACSHA256.authenticate(content, key: secret).hex)
    }

    /// What the key led to before, if that was released; before it is, the sequencer has to be asked.
    func repetition(
        of idempotency: Append.Idempotency, _ context: RequestContext
    ) async throws(ServiceError) -> PredictionAnswer? {
        do {
            let record = try await log.read { reader throws(StorageError) in
                try reader.idempotency(principal: idempotency.principal, key: idempotency.key)
            }
            guard let record else { return nil }
            guard record.request == idempotency.request else { throw AppendError.idempotencyMismatch }
            let found = try await proven.read { reader throws(StorageError) in
                try reader.entries(from: record.index, limit: 1)
            }
            guard let event = found.events.first else { return nil }
            guard IdempotencyRecord(event.envelope, at: event.index, after: nil) == record else {
                throw StorageError(.corrupt, detail: "idempotency record of entry \(event.index)")
            }
            return try await answer(event, context)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// Shows a prediction again, which is an event, as every look at one.
    func answer(_ event: LoggedEvent, _ context: RequestContext) async throws(ServiceError) -> PredictionAnswer {
        guard case .known(.predictionRecorded(let prediction)) = event.fact else {
            throw ServiceError(AppendError.idempotencyMismatch)
        }
        return PredictionAnswer(view: try await self.prediction(prediction.prediction, context), isRepetition: true)
    }
}

import CanonicalJSON
import Crypto
import Imaging
import Inference
import Ledger
import Records
import Storage

extension Application {
    /// The answer to a prediction, and whether it had been recorded before.
    public struct Prediction: Sendable {
        public let view: PredictionView
        public let isRepetition: Bool
    }

    /// Judges a picture and records it: no answer leaves unless its event is durable, signed and provable.
    ///
    /// The model is the one that the log says is active; when that changes before the event is numbered, the picture is
    /// judged again by the new one.
    public func predict(
        _ request: PredictionRequest, _ context: RequestContext
    ) async throws(ServiceError) -> Prediction {
        let begun = ContinuousClock.now
        try await require(.predictionCreate, for: "predict", context)
        try requireWritable()
        try request.check()
        let digest = SHA256.hash(request.image)
        let idempotency = try idempotency(of: request, digest: digest, context)
        if let idempotency, let known = try await repetition(of: idempotency, context) { return known }
        var sealed: SealedPrediction?
        var judged: (model: String, answer: Predictor.Answer)?
        for _ in 0..<Self.attempts {
            let state = try await control.current()
            try await authorized(context, in: state)
            guard let model = state.models.active else {
                throw ServiceError(.unavailable, "no-active-model", "No model is active; register and activate one.")
            }
            let scored: Predictor.Answer
            if let judged, judged.model == model.registration.digest {
                scored = judged.answer  // another control event came in between
            } else {
                scored = try await score(request.image, digest: digest, model: model.registration, context)
            }
            judged = (model.registration.digest, scored)
            let prepared: SealedPrediction
            if let known = sealed { prepared = known } else { prepared = try await seal(request, digest: digest) }
            sealed = prepared
            let verdict = Verdict(
                scores: scored.scores, classes: model.registration.classes, threshold: model.threshold)
            let id = Identifiers.uuid(at: now())
            let duration = begun.duration(to: .now)
            let event = PredictionRecorded(
                prediction: id, subject: prepared.subject, image: prepared.image(scored.info), model: model.reference,
                preprocessing: model.registration.preprocessing, label: verdict.label, probability: verdict.probability,
                scores: verdict.scores, threshold: model.threshold, runtime: InferenceEngine.runtimeDescription,
                cached: scored.isCached, durationUs: Int64(duration / .microseconds(1)), sealed: prepared.fields)
            var details = Recorder.Details()
            details.subject = prepared.subject
            let stream = "prediction/\(id)"
            do {
                let receipt = try await recorder.record(
                    [(stream, .predictionRecorded(event))], in: context, details: details,
                    preconditions: [stream: .absent], idempotency: idempotency, epoch: state.epoch)
                if receipt.isRepetition, let first = receipt.events.first {
                    return try await answer(LoggedEvent(first.bytes, at: first.index), context)
                }
                wake()
                measure(event, since: begun)
                return Prediction(
                    view: try view(event, receipt, patient: request.patient, context, model.registration),
                    isRepetition: false)
            } catch let error as AppendError {
                guard error == .staleEpoch || error == .inFlight else { throw ServiceError(error) }
                if error == .inFlight, let idempotency, let known = try await repetition(of: idempotency, context) {
                    return known
                }
            } catch let error as ServiceError { throw error } catch {
                throw ServiceError(.unavailable, "prediction-failed", "The prediction could not be recorded.")
            }
        }
        throw ServiceError(AppendError.staleEpoch)
    }

    /// A picture and its personal fields under the subject's secret, made durable before the event that refers to them.
    struct SealedPrediction: Sendable {
        let subject: String
        let blob: Digest
        let commit: Digest
        let bytes: Int
        let fields: SealedField

        func image(_ info: ImageInfo) -> SealedImage {
            SealedImage(
                blob: blob.hex, commit: commit.hex, format: info.format.rawValue, width: info.width,
                height: info.height,
                bytes: Int64(bytes))
        }
    }

    private func seal(_ request: PredictionRequest, digest: Digest) async throws(ServiceError) -> SealedPrediction {
        let subject = try await vault.subject(patient: request.patient)
        let (picture, fields, commit) = try await workers.run { () throws(ServiceError) in
            var personal: [String: JSONValue] = ["image_sha256": .string(digest.hex)]
            personal["patient"] = request.patient.map { .string($0) }
            personal["file_name"] = request.fileName.map {
                .string(String($0.unicodeScalars.prefix(200).map(Character.init)))
            }
            let fields = subject.seal(JSONValue.object(personal).canonicalBytes(), context: "prediction")
            return (subject.sealImage(request.image), fields, subject.commit(request.image))
        }
        let images = images
        let blob = try await diskWaiters.run { () throws(ServiceError) in
            do { return try images.put(picture) } catch { throw ServiceError(wrapping: error) }
        }
        return SealedPrediction(
            subject: subject.id, blob: blob, commit: commit, bytes: request.image.count, fields: fields)
    }

    /// Scores the picture; a refused one is an event.
    private func score(
        _ image: [UInt8], digest: Digest, model: ModelRegistered, _ context: RequestContext
    ) async throws(ServiceError) -> Predictor.Answer {
        do { return try await predictor.score(image, digest: digest, model: model) } catch {
            if error.code.hasPrefix("image-") {
                var details = Recorder.Details()
                (details.outcome, details.outcomeReason) = (.minor, error.code)
                let event = InputRejected(code: error.code, detail: error.detail, bytes: Int64(image.count))
                _ = try? await note(.inputRejected(event), in: "input", context, details)  // refused in any case
                metrics.count("invalid_images_total", "Pictures that were refused.", [("code", error.code)])
            } else if error.code == "model-integrity-failed" || error.code == "model-missing" {
                await reportIntegrity(of: model.digest, error)
            }
            throw error
        }
    }

    /// The keyed digests by which a repeated request is recognised.
    private func idempotency(
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
    private func repetition(
        of idempotency: Append.Idempotency, _ context: RequestContext
    ) async throws(ServiceError) -> Prediction? {
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
    private func answer(_ event: LoggedEvent, _ context: RequestContext) async throws(ServiceError) -> Prediction {
        guard case .known(.predictionRecorded(let prediction)) = event.fact else {
            throw ServiceError(AppendError.idempotencyMismatch)
        }
        let view = try await detail(of: prediction.prediction, context)
        try await read(view.id, subject: view.subject, part: "detail", context)
        return Prediction(view: view, isRepetition: true)
    }

    private func measure(_ event: PredictionRecorded, since begun: ContinuousClock.Instant) {
        let seconds = begun.duration(to: .now) / .seconds(1)
        metrics.count(
            "predictions_total", "Recorded predictions.",
            [("model_version", event.model.version), ("status", "success"), ("prediction", event.label)])
        metrics.observe("prediction_duration_seconds", "From request to durable, proven record.", seconds: seconds)
        metrics.observe(
            "pneumonia_detector_inference_duration_seconds", "From request to durable, proven record.", seconds: seconds
        )
    }
}

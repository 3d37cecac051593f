import CanonicalJSON
import Crypto
import Imaging
import Inference
import Ledger
import Records
import Storage

extension Application {
    /// The answer to a request for a prediction, and whether it had been recorded before.
    public struct PredictionAnswer: Sendable {
        public let view: PredictionView
        public let isRepetition: Bool
    }

    /// Judges a picture and records it: no answer leaves unless its event is durable, signed and provable.
    ///
    /// A picture that is refused is an event too.
    public func predict(
        _ request: PredictionRequest, _ context: RequestContext
    ) async throws(ServiceError) -> PredictionAnswer {
        let begun = ContinuousClock.now
        try await require(.predictionCreate, for: "predict", context)
        do {
            try requireWritable()
            try request.check()
            return try await judge(request, context, since: begun)
        } catch {
            await reportRefusal(of: request, error, context)
            throw error
        }
    }

    /// The model is the one that the log says is active; when that changes before the event is numbered, the picture is
    /// judged again by the new one.
    private func judge(
        _ request: PredictionRequest, _ context: RequestContext, since begun: ContinuousClock.Instant
    ) async throws(ServiceError) -> PredictionAnswer {
        let digest = SHA256.hash(request.image)
        let idempotency = try idempotency(of: request, digest: digest, context)
        if let idempotency, let known = try await repetition(of: idempotency, context) { return known }
        var sealed: SealedPicture?
        var scored: (model: String, answer: Predictor.Answer)?
        for _ in 0..<Self.attempts {
            let state = try await control.current()
            try await authorized(context, in: state)
            guard let model = state.models.active else {
                throw ServiceError(.unavailable, "no-active-model", "No model is active; register and activate one.")
            }
            let answer: Predictor.Answer
            if let scored, scored.model == model.registration.digest {
                answer = scored.answer  // another control event came in between
            } else {
                answer = try await score(request.image, digest: digest, model: model.registration)
            }
            scored = (model.registration.digest, answer)
            let picture: SealedPicture
            if let sealed { picture = sealed } else { picture = try await seal(request, digest: digest) }
            sealed = picture
            let prediction = Prediction.Scored(
                prediction: Identifiers.uuid(at: now()), subject: picture.subject, image: picture.image(answer.info),
                model: model, scores: answer.scores, runtime: InferenceEngine.runtimeDescription,
                isCached: answer.duration == nil, microseconds: Int64(begun.duration(to: .now) / .microseconds(1)),
                sealed: picture.fields)
            do {
                let receipt = try await record(prediction, in: context, idempotency: idempotency, epoch: state.epoch)
                guard let first = receipt.events.first else { throw ServiceError(StorageError(.corrupt)) }
                let event = try LoggedEvent(first.bytes, at: first.index)
                if receipt.isRepetition { return try await self.answer(event, context) }
                let view = try view(event, receipt.checkpoint, model, patient: request.patient, context)
                measure(view, inference: answer.duration, since: begun)
                return PredictionAnswer(view: view, isRepetition: false)
            } catch let error as AppendError {
                guard error == .staleEpoch || error == .inFlight else { throw ServiceError(error) }
                if error == .inFlight, let idempotency, let known = try await repetition(of: idempotency, context) {
                    return known
                }
            } catch { throw ServiceError(wrapping: error) }
        }
        throw ServiceError(AppendError.staleEpoch)
    }

    private func record(
        _ prediction: Prediction.Scored, in context: RequestContext, idempotency: Append.Idempotency?, epoch: UInt64
    ) async throws -> Receipt {
        let events = try Prediction.decide(.record(prediction), in: .absent)
        let stream = "prediction/\(prediction.prediction)"
        return try await recorder.record(
            events.map { (stream, $0) }, in: context, details: .init(subject: prediction.subject),
            preconditions: [stream: .absent], idempotency: idempotency, epoch: epoch)
    }

    private func seal(_ request: PredictionRequest, digest: Digest) async throws(ServiceError) -> SealedPicture {
        let subject = try await vault.subject(patient: request.patient)
        let (picture, fields, commit) = try await workers.run { () throws(ServiceError) in
            var personal: [String: JSONValue] = ["image_sha256": .string(digest.hex)]
            personal["patient"] = request.patient.map { .string($0) }
            personal["file_name"] = request.fileName.map {
                .string(String($0.unicodeScalars.prefix(200).map(Character.init)))
            }
            let fields = subject.seal(JSONValue.object(JSONObject(personal)).canonicalBytes(), context: "prediction")
            return (subject.sealImage(request.image), fields, subject.commit(request.image))
        }
        let blob: Digest
        do { blob = try await keep(picture) } catch { throw ServiceError(error) }
        return SealedPicture(
            subject: subject.id, blob: blob, commit: commit, bytes: request.image.count, fields: fields)
    }

    private func score(
        _ image: [UInt8], digest: Digest, model: ModelRegistered
    ) async throws(ServiceError) -> Predictor.Answer {
        do { return try await predictor.score(image, digest: digest, model: model) } catch {
            if error.isModelDamage { await reportIntegrity(of: model.digest, error) }
            throw error
        }
    }

    /// Records that a picture was refused, and counts whatever was.
    private func reportRefusal(of request: PredictionRequest, _ error: ServiceError, _ context: RequestContext) async {
        metrics.count(
            "predictions_total", "Predictions that were asked for.",
            [("model_version", ""), ("status", "failure"), ("prediction", ""), ("model", "")])
        guard error.code.hasPrefix("image-") else { return }
        metrics.count("invalid_images_total", "Pictures that were refused.", [("code", error.code)])
        let event = InputRejected(code: error.code, detail: error.detail, bytes: Int64(request.image.count))
        // Refused in any case.
        _ = try? await note(.inputRejected(event), in: "input", context, .init(.minor, because: error.code))
    }

    private func measure(_ view: PredictionView, inference: Duration?, since begun: ContinuousClock.Instant) {
        metrics.count(
            "predictions_total", "Predictions that were asked for.",
            [
                ("model_version", view.model.version), ("status", "success"), ("prediction", view.prediction),
                ("model", view.model.name),
            ])
        metrics.observe(
            "prediction_duration_seconds", "From request to durable, proven record.",
            seconds: begun.duration(to: .now) / .seconds(1))
        guard let inference else { return }
        metrics.observe(
            "pneumonia_detector_inference_duration_seconds", "The model alone, with those that it judged together.",
            seconds: inference / .seconds(1))
    }
}

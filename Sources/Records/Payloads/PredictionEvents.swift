/// A model answered for one picture.
public struct PredictionRecorded: EventPayload {
    public static let type = EventType.predictionRecorded
    public let prediction: String
    /// The random pseudonym of the patient; a fresh one when no patient was named.
    public let subject: String
    public let image: SealedImage
    public let model: ModelReference
    public let preprocessing: Preprocessing
    public let label: String
    /// Of PNEUMONIA (of the label, for more than two classes): the shortest decimal that reads back as the same float.
    public let probability: String
    /// One decimal per output of the model, in the order of its classes.
    public let scores: [String]
    public let threshold: String
    public let runtime: String
    /// Whether the score was reused from an equal picture, model and preprocessing.
    public let cached: Bool
    public let durationUs: Int64
    /// Patient id, file name and plain SHA-256 of the picture, sealed under the subject's secret.
    public let sealed: SealedField

    public init(
        prediction: String, subject: String, image: SealedImage, model: ModelReference, preprocessing: Preprocessing,
        label: String, probability: String, scores: [String], threshold: String, runtime: String, cached: Bool,
        durationUs: Int64, sealed: SealedField
    ) {
        (self.prediction, self.subject, self.image, self.model) = (prediction, subject, image, model)
        (self.preprocessing, self.label, self.probability) = (preprocessing, label, probability)
        (self.scores, self.threshold, self.runtime) = (scores, threshold, runtime)
        (self.cached, self.durationUs, self.sealed) = (cached, durationUs, sealed)
    }
}

/// Where a sealed picture lies, and what may be known of it in clear.
public struct SealedImage: Codable, Hashable, Sendable {
    /// SHA-256 of the ciphertext, which names the blob.
    public let blob: String
    /// HMAC of the plain picture under the subject's commit key.
    public let commit: String
    public let format: String
    public let width: Int
    public let height: Int
    public let bytes: Int64

    public init(blob: String, commit: String, format: String, width: Int, height: Int, bytes: Int64) {
        (self.blob, self.commit, self.format) = (blob, commit, format)
        (self.width, self.height, self.bytes) = (width, height, bytes)
    }
}

/// Name, version and digest of the model that computed something.
public struct ModelReference: Codable, Hashable, Sendable {
    public let name: String
    public let version: String
    public let digest: String

    public init(name: String, version: String, digest: String) {
        (self.name, self.version, self.digest) = (name, version, digest)
    }
}

/// A small personal field: ciphertext, and a keyed commitment to the plain text that outlives its erasure.
public struct SealedField: Codable, Hashable, Sendable {
    /// The subject whose secret opens it.
    public let subject: String
    /// Base64 of nonce, ciphertext and tag (AES-256-GCM).
    public let ciphertext: String
    /// Hex HMAC-SHA256 of the plain text.
    public let commit: String

    public init(subject: String, ciphertext: String, commit: String) {
        (self.subject, self.ciphertext, self.commit) = (subject, ciphertext, commit)
    }
}

/// A picture was refused before the model saw it.
public struct InputRejected: EventPayload {
    public static let type = EventType.inputRejected
    public let code: String
    public let detail: String
    public let bytes: Int64

    public init(code: String, detail: String, bytes: Int64) {
        (self.code, self.detail, self.bytes) = (code, detail, bytes)
    }
}

/// A person agreed with a prediction, or overrode it; the model's answer stays as it was.
public struct PredictionReviewed: EventPayload {
    public static let type = EventType.predictionReviewed
    public let prediction: String
    public let subject: String
    public let verdict: ReviewVerdict
    /// The label that now holds.
    public let label: String
    /// The reason, sealed: free text about a patient.
    public let reason: SealedField?

    public init(prediction: String, subject: String, verdict: ReviewVerdict, label: String, reason: SealedField?) {
        (self.prediction, self.subject, self.verdict) = (prediction, subject, verdict)
        (self.label, self.reason) = (label, reason)
    }
}

/// What a reviewer said of a prediction.
public enum ReviewVerdict: String, Codable, Hashable, Sendable, CaseIterable { case agree, override }

/// Somebody looked at a prediction.
public struct PredictionRead: EventPayload {
    public static let type = EventType.predictionRead
    public let prediction: String
    public let subject: String
    /// `detail`, `image` or `proof`.
    public let part: String

    public init(prediction: String, subject: String, part: String) {
        (self.prediction, self.subject, self.part) = (prediction, subject, part)
    }
}

/// Somebody searched the predictions.
public struct PredictionSearched: EventPayload {
    public static let type = EventType.predictionSearched
    /// The filters as `name=value`, the patient only as a subject.
    public let filters: [String]
    public let subject: String?
    public let returned: Int64

    public init(filters: [String], subject: String?, returned: Int64) {
        (self.filters, self.subject, self.returned) = (filters, subject, returned)
    }
}

/// A recorded prediction was computed again from its sealed picture and its model.
public struct PredictionReproduced: EventPayload {
    public static let type = EventType.predictionReproduced
    public let prediction: String
    public let same: Bool
    public let runtime: String

    public init(prediction: String, same: Bool, runtime: String) {
        (self.prediction, self.same, self.runtime) = (prediction, same, runtime)
    }
}

/// A model file entered the registry under its SHA-256.
public struct ModelRegistered: EventPayload {
    public static let type = EventType.modelRegistered
    public let digest: String
    public let md5: String
    public let bytes: Int64
    public let name: String
    public let version: String
    public let fileName: String
    /// Height, width, channels.
    public let inputShape: [Int]
    public let parameters: Int64
    public let classes: [String]
    /// A decimal between 0 and 1; the label is PNEUMONIA when the probability is strictly greater.
    public let threshold: String
    public let preprocessing: Preprocessing
    /// What the model's card says it must not be used for.
    public let limits: [String]
    /// SHA-256 of the card file.
    public let cardDigest: String

    public init(
        digest: String, md5: String, bytes: Int64, name: String, version: String, fileName: String, inputShape: [Int],
        parameters: Int64, classes: [String], threshold: String, preprocessing: Preprocessing, limits: [String],
        cardDigest: String
    ) {
        (self.digest, self.md5, self.bytes, self.name, self.version) = (digest, md5, bytes, name, version)
        (self.fileName, self.inputShape, self.parameters) = (fileName, inputShape, parameters)
        (self.classes, self.threshold, self.preprocessing) = (classes, threshold, preprocessing)
        (self.limits, self.cardDigest) = (limits, cardDigest)
    }
}

/// How a picture becomes the model's input: a named pipeline and the digest of its specification.
public struct Preprocessing: Codable, Hashable, Sendable {
    public let id: String
    public let sha256: String

    public init(id: String, sha256: String) { (self.id, self.sha256) = (id, sha256) }
}

/// A registered model became the one that answers.
public struct ModelActivated: EventPayload {
    public static let type = EventType.modelActivated
    public let digest: String
    public let name: String
    public let version: String
    /// The digest of the model that answered before; absent for the first.
    public let previous: String?
    public let reason: String

    public init(digest: String, name: String, version: String, previous: String?, reason: String) {
        (self.digest, self.name, self.version) = (digest, name, version)
        (self.previous, self.reason) = (previous, reason)
    }
}

/// The model that was active before the current one answers again.
public struct ModelRolledBack: EventPayload {
    public static let type = EventType.modelRolledBack
    public let digest: String
    public let name: String
    public let version: String
    public let from: String
    public let reason: String

    public init(digest: String, name: String, version: String, from: String, reason: String) {
        (self.digest, self.name, self.version, self.from) = (digest, name, version, from)
        self.reason = reason
    }
}

/// A model may not be activated any more; its file is kept, since predictions refer to it.
public struct ModelRetired: EventPayload {
    public static let type = EventType.modelRetired
    public let digest: String
    public let reason: String

    public init(digest: String, reason: String) { (self.digest, self.reason) = (digest, reason) }
}

/// A model file is not the one that was registered; it was refused.
public struct ModelIntegrityFailed: EventPayload {
    public static let type = EventType.modelIntegrityFailed
    public let digest: String
    /// The SHA-256 that was found; empty when the file is missing.
    public let found: String
    public let detail: String

    public init(digest: String, found: String, detail: String) {
        (self.digest, self.found, self.detail) = (digest, found, detail)
    }
}

/// The decision threshold of a model changed.
public struct ThresholdChanged: EventPayload {
    public static let type = EventType.thresholdChanged
    public let digest: String
    public let from: String
    public let to: String
    public let reason: String

    public init(digest: String, from: String, to: String, reason: String) {
        (self.digest, self.from, self.to, self.reason) = (digest, from, to, reason)
    }
}

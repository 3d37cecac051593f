public import Records

/// A registered model as it is answered.
public struct ModelView: Codable, Sendable {
    public let name: String
    public let version: String
    public let digest: String
    public let md5: String
    public let bytes: Int64
    public let fileName: String
    /// `active`, `registered` or `retired`.
    public let state: String
    public let threshold: Double
    public let inputShape: [Int]
    public let parameters: Int64
    public let classes: [String]
    public let limits: [String]
    public let preprocessing: Preprocessing
    public let cardDigest: String

    init(_ model: ModelRegistry.Model, isActive: Bool) {
        let registration = model.registration
        (name, version, digest) = (registration.name, registration.version, registration.digest)
        (md5, bytes, fileName) = (registration.md5, registration.bytes, registration.fileName)
        state = isActive ? "active" : model.isRetired ? "retired" : "registered"
        threshold = Double(model.threshold) ?? 0.5
        (inputShape, parameters, classes) = (registration.inputShape, registration.parameters, registration.classes)
        (limits, preprocessing, cardDigest) = (registration.limits, registration.preprocessing, registration.cardDigest)
    }
}

/// All registered models, in the order of registration.
public struct ModelList: Codable, Sendable {
    public let active: String?
    public let models: [ModelView]
}

/// One layer of a model.
public struct LayerView: Codable, Sendable {
    public let name: String
    public let kind: String
    public let outputShape: [Int]
    public let parameters: Int
}

/// A credential without its secret.
public struct CredentialView: Codable, Sendable {
    public let id: String
    public let name: String
    public let role: String
    /// `active` or `revoked`.
    public let state: String
    public let bootstrap: Bool
}

/// A credential with its new secret, shown once.
public struct IssuedCredential: Codable, Sendable {
    public let id: String
    public let role: String
    public let name: String
    public let key: String
}

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

/// A model and its layers, in one object.
public struct ModelDetail: Codable, Sendable {
    public let model: ModelView
    public let layers: [LayerView]

    private enum Key: CodingKey { case layers }

    init(model: ModelView, layers: [LayerView]) { (self.model, self.layers) = (model, layers) }

    public init(from decoder: any Decoder) throws {
        model = try ModelView(from: decoder)
        layers = try decoder.container(keyedBy: Key.self).decode([LayerView].self, forKey: .layers)
    }

    public func encode(to encoder: any Encoder) throws {
        try model.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(layers, forKey: .layers)
    }
}

/// The kept files of all models against what was registered.
public struct ModelVerification: Codable, Sendable {
    /// One file.
    public struct Line: Codable, Sendable {
        public let name: String
        public let version: String
        public let digest: String
        public let md5: String
        public let ok: Bool
        /// What is wrong with it.
        public let problem: String?

        init(_ model: ModelView, problem: String?) {
            (name, version, digest, md5) = (model.name, model.version, model.digest, model.md5)
            (ok, self.problem) = (problem == nil, problem)
        }
    }

    public let ok: Bool
    public let models: [Line]

    init(_ models: [Line]) { (ok, self.models) = (models.allSatisfy(\.ok), models) }
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

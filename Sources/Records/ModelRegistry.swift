/// Which models exist, which one answers, and what it answered before.
public enum ModelRegistry: Decider {
    public enum Command: Hashable, Sendable {
        case register(ModelRegistered)
        case activate(digest: String, reason: String)
        case rollBack(reason: String)
        case retire(digest: String, reason: String)
        case changeThreshold(digest: String, to: String, reason: String)
    }

    /// A model as the registry knows it.
    public struct Model: Hashable, Sendable {
        public let registration: ModelRegistered
        public fileprivate(set) var threshold: String
        public fileprivate(set) var isRetired = false

        /// What predictions say of it.
        public var reference: ModelReference {
            ModelReference(name: registration.name, version: registration.version, digest: registration.digest)
        }
    }

    public struct State: Hashable, Sendable {
        /// By digest.
        public fileprivate(set) var models: [String: Model] = [:]
        /// Digests in the order of registration.
        public fileprivate(set) var order: [String] = []
        /// The activations that a roll-back goes through; the last one is active.
        public fileprivate(set) var activations: [String] = []

        /// The models that people mean by a text: a digest, six digits or more of its beginning, a name, or a version.
        ///
        /// In the order of registration.
        public func matching(_ text: String) -> [Model] {
            order.compactMap { models[$0] }.filter {
                let registration = $0.registration
                return (text.utf8.count >= 6 && registration.digest.hasPrefix(text)) || registration.name == text
                    || registration.version == text
            }
        }

        /// The model that answers.
        public var active: Model? { activations.last.flatMap { models[$0] } }
    }

    public static let initialState = State()

    public static func decide(_ command: Command, in state: State) throws(Rejection) -> [Event] {
        switch command {
        case .register(let registration):
            guard let known = state.models[registration.digest] else {
                guard Probability.threshold(registration.threshold) == registration.threshold else {
                    throw .thresholdInvalid
                }
                return [.modelRegistered(registration)]
            }
            guard !known.isRetired else { throw .modelRetired }
            return []
        case .activate(let digest, let reason):
            let model = try model(digest, in: state)
            guard !model.isRetired else { throw .modelRetired }
            guard state.activations.last != digest else { return [] }
            let (name, version) = (model.registration.name, model.registration.version)
            return [
                .modelActivated(
                    .init(
                        digest: digest, name: name, version: version, previous: state.activations.last, reason: reason))
            ]
        case .rollBack(let reason):
            let usable = state.activations.dropLast().last { state.models[$0]?.isRetired == false }
            guard let from = state.activations.last, let digest = usable, let model = state.models[digest] else {
                throw .nothingToRollBackTo
            }
            let (name, version) = (model.registration.name, model.registration.version)
            return [
                .modelRolledBack(.init(digest: digest, name: name, version: version, from: from, reason: reason))
            ]
        case .retire(let digest, let reason):
            let model = try model(digest, in: state)
            guard state.activations.last != digest else { throw .modelActive }
            return model.isRetired ? [] : [.modelRetired(.init(digest: digest, reason: reason))]
        case .changeThreshold(let digest, let threshold, let reason):
            let model = try model(digest, in: state)
            guard let threshold = Probability.threshold(threshold) else { throw .thresholdInvalid }
            guard threshold != model.threshold else { return [] }
            return [
                .thresholdChanged(.init(digest: digest, from: model.threshold, to: threshold, reason: reason))
            ]
        }
    }

    public static func evolve(_ state: inout State, with event: Event) {
        switch event {
        case .modelRegistered(let event):
            if state.models[event.digest] == nil { state.order.append(event.digest) }
            state.models[event.digest] = Model(registration: event, threshold: event.threshold)
        case .modelActivated(let event): state.activations.append(event.digest)
        case .modelRolledBack(let event):
            // Back to the latest activation of that model; what was activated after it is gone from the path.
            _ = state.activations.popLast()
            while let last = state.activations.last, last != event.digest { state.activations.removeLast() }
        case .modelRetired(let event): state.models[event.digest]?.isRetired = true
        case .thresholdChanged(let event): state.models[event.digest]?.threshold = event.to
        case .serviceStarted, .serviceStopped, .keysCertified, .modelIntegrityFailed, .configChanged,
            .predictionRecorded, .inputRejected, .predictionReviewed, .predictionRead, .predictionSearched,
            .predictionReproduced, .credentialIssued, .credentialRotated, .credentialRevoked, .loginSucceeded, .logout,
            .authenticationFailed, .authorizationDenied, .auditLogQueried, .backupTaken, .restoreCompleted, .keyRetired,
            .keyCompromised, .checkpointTimestamped, .witnessRefused, .storageWeakened, .logExported,
            .chainVerificationFailed,
            .logRecovered, .spoolAppended, .projectionEventSkipped:
            break
        }
    }

    private static func model(_ digest: String, in state: State) throws(Rejection) -> Model {
        guard let model = state.models[digest] else { throw .modelUnknown }
        return model
    }
}

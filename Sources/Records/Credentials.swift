/// Who may come in: API keys by the digest of their secret, each with one role.
public enum Credentials: Decider {
    public enum Command: Hashable, Sendable {
        case issue(CredentialIssued)
        /// `by` is the role of whoever will hold the new key.
        case rotate(credential: String, digest: String, by: Role)
        case revoke(credential: String, reason: String)
    }

    public struct Credential: Hashable, Sendable {
        public let id: String
        public let name: String
        public let role: Role
        public let isBootstrap: Bool
        public fileprivate(set) var digest: String
        public fileprivate(set) var isRevoked = false
    }

    public struct State: Hashable, Sendable {
        /// By id.
        public fileprivate(set) var credentials: [String: Credential] = [:]
        /// Ids in the order in which they were issued.
        public fileprivate(set) var order: [String] = []
        /// The id behind a digest that opens the door now.
        fileprivate var current: [String: String] = [:]
        /// The id behind a digest that no longer does, to name it when it is tried.
        fileprivate var former: [String: String] = [:]

        /// The credential that a secret's digest stands for.
        public func credential(digest: String) -> Credential? { current[digest].flatMap { credentials[$0] } }

        /// The id of the credential whose rotated or revoked secret this is.
        public func formerOwner(digest: String) -> String? { former[digest] }
    }

    public static let initialState = State()

    public static func decide(_ command: Command, in state: State) throws(Rejection) -> [Event] {
        switch command {
        case .issue(let issued):
            guard state.credentials[issued.credential] == nil else { throw .credentialExists }
            guard (1...100).contains(issued.name.count),
                issued.name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else { throw .nameInvalid }
            return [.credentialIssued(issued)]
        case .rotate(let id, let digest, let role):
            guard role.includes(try usable(id, in: state).role) else { throw .credentialOfWiderRole }
            return [.credentialRotated(.init(credential: id, digest: digest))]
        case .revoke(let id, let reason):
            let credential = try usable(id, in: state)
            let administrators = state.credentials.values.filter { $0.role == .administrator && !$0.isRevoked }
            guard credential.role != .administrator || administrators.count > 1 else { throw .lastAdministrator }
            return [.credentialRevoked(.init(credential: id, reason: reason))]
        }
    }

    public static func evolve(_ state: inout State, with event: Event) {
        switch event {
        case .credentialIssued(let event):
            state.credentials[event.credential] = Credential(
                id: event.credential, name: event.name, role: event.role, isBootstrap: event.bootstrap,
                digest: event.digest)
            state.order.append(event.credential)
            state.current[event.digest] = event.credential
        case .credentialRotated(let event):
            close(event.credential, in: &state)
            state.credentials[event.credential]?.digest = event.digest
            state.current[event.digest] = event.credential
        case .credentialRevoked(let event):
            close(event.credential, in: &state)
            state.credentials[event.credential]?.isRevoked = true
        case .serviceStarted, .serviceStopped, .keysCertified, .modelRegistered, .modelActivated, .modelRolledBack,
            .modelRetired, .modelIntegrityFailed, .thresholdChanged, .configChanged, .predictionRecorded,
            .inputRejected, .predictionReviewed, .predictionRead, .predictionSearched, .predictionReproduced,
            .loginSucceeded, .logout, .authenticationFailed, .authorizationDenied, .auditLogQueried, .backupTaken,
            .restoreCompleted, .keyRetired, .keyCompromised, .checkpointTimestamped, .witnessRefused, .storageWeakened,
            .logExported,
            .chainVerificationFailed, .logRecovered, .spoolAppended, .projectionEventSkipped:
            break
        }
    }

    private static func close(_ id: String, in state: inout State) {
        guard let digest = state.credentials[id]?.digest else { return }
        state.current[digest] = nil
        state.former[digest] = id
    }

    private static func usable(_ id: String, in state: State) throws(Rejection) -> Credential {
        guard let credential = state.credentials[id] else { throw .credentialUnknown }
        guard !credential.isRevoked else { throw .credentialRevoked }
        return credential
    }
}

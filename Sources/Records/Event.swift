public import CanonicalJSON

/// One fact of the domain, without its envelope.
///
/// The enum is closed on purpose: a new event breaks the build wherever a decision about it is missing.
public enum Event: Hashable, Sendable {
    case serviceStarted(ServiceStarted)
    case serviceStopped(ServiceStopped)
    case keysCertified(KeysCertified)
    case modelRegistered(ModelRegistered)
    case modelActivated(ModelActivated)
    case modelRolledBack(ModelRolledBack)
    case modelRetired(ModelRetired)
    case modelIntegrityFailed(ModelIntegrityFailed)
    case thresholdChanged(ThresholdChanged)
    case configChanged(ConfigChanged)
    case predictionRecorded(PredictionRecorded)
    case inputRejected(InputRejected)
    case predictionReviewed(PredictionReviewed)
    case predictionRead(PredictionRead)
    case predictionSearched(PredictionSearched)
    case predictionReproduced(PredictionReproduced)
    case credentialIssued(CredentialIssued)
    case credentialRotated(CredentialRotated)
    case credentialRevoked(CredentialRevoked)
    case loginSucceeded(LoginSucceeded)
    case logout(Logout)
    case authenticationFailed(AuthenticationFailed)
    case authorizationDenied(AuthorizationDenied)
    case auditLogQueried(AuditLogQueried)
    case backupTaken(BackupTaken)
    case restoreCompleted(RestoreCompleted)
    case keyRetired(KeyRetired)
    case keyCompromised(KeyCompromised)
    case checkpointTimestamped(CheckpointTimestamped)
    case witnessRefused(WitnessRefused)
    case storageWeakened(StorageWeakened)
    case logExported(LogExported)
    case chainVerificationFailed(ChainVerificationFailed)
    case logRecovered(LogRecovered)
    case spoolAppended(SpoolAppended)
    case projectionEventSkipped(ProjectionEventSkipped)

    /// The typed fields of the event.
    public var body: any EventPayload {
        switch self {
        case .serviceStarted(let body): body
        case .serviceStopped(let body): body
        case .keysCertified(let body): body
        case .modelRegistered(let body): body
        case .modelActivated(let body): body
        case .modelRolledBack(let body): body
        case .modelRetired(let body): body
        case .modelIntegrityFailed(let body): body
        case .thresholdChanged(let body): body
        case .configChanged(let body): body
        case .predictionRecorded(let body): body
        case .inputRejected(let body): body
        case .predictionReviewed(let body): body
        case .predictionRead(let body): body
        case .predictionSearched(let body): body
        case .predictionReproduced(let body): body
        case .credentialIssued(let body): body
        case .credentialRotated(let body): body
        case .credentialRevoked(let body): body
        case .loginSucceeded(let body): body
        case .logout(let body): body
        case .authenticationFailed(let body): body
        case .authorizationDenied(let body): body
        case .auditLogQueried(let body): body
        case .backupTaken(let body): body
        case .restoreCompleted(let body): body
        case .keyRetired(let body): body
        case .keyCompromised(let body): body
        case .checkpointTimestamped(let body): body
        case .witnessRefused(let body): body
        case .storageWeakened(let body): body
        case .logExported(let body): body
        case .chainVerificationFailed(let body): body
        case .logRecovered(let body): body
        case .spoolAppended(let body): body
        case .projectionEventSkipped(let body): body
        }
    }

    /// The name under which the event is stored.
    public var type: EventType { Swift.type(of: body).type }

    /// The payload as it is stored: an object of the canonical JSON subset.
    public var payload: JSONValue { PayloadEncoder.encode(body) }

    /// Reads a stored payload, lifting old schema versions to today's fields.
    public init(type name: String, schema: Int, payload: JSONValue) throws(RecordError) {
        guard let type = EventType(rawValue: name) else { throw .unknownType(name) }
        let current = try Upcasters.lift(payload, of: type, from: schema)
        func read<Payload: EventPayload>(_: Payload.Type) throws(RecordError) -> Payload {
            try PayloadDecoder.decode(Payload.self, from: current)
        }
        self =
            switch type {
            case .serviceStarted: .serviceStarted(try read(ServiceStarted.self))
            case .serviceStopped: .serviceStopped(try read(ServiceStopped.self))
            case .keysCertified: .keysCertified(try read(KeysCertified.self))
            case .modelRegistered: .modelRegistered(try read(ModelRegistered.self))
            case .modelActivated: .modelActivated(try read(ModelActivated.self))
            case .modelRolledBack: .modelRolledBack(try read(ModelRolledBack.self))
            case .modelRetired: .modelRetired(try read(ModelRetired.self))
            case .modelIntegrityFailed: .modelIntegrityFailed(try read(ModelIntegrityFailed.self))
            case .thresholdChanged: .thresholdChanged(try read(ThresholdChanged.self))
            case .configChanged: .configChanged(try read(ConfigChanged.self))
            case .predictionRecorded: .predictionRecorded(try read(PredictionRecorded.self))
            case .inputRejected: .inputRejected(try read(InputRejected.self))
            case .predictionReviewed: .predictionReviewed(try read(PredictionReviewed.self))
            case .predictionRead: .predictionRead(try read(PredictionRead.self))
            case .predictionSearched: .predictionSearched(try read(PredictionSearched.self))
            case .predictionReproduced: .predictionReproduced(try read(PredictionReproduced.self))
            case .credentialIssued: .credentialIssued(try read(CredentialIssued.self))
            case .credentialRotated: .credentialRotated(try read(CredentialRotated.self))
            case .credentialRevoked: .credentialRevoked(try read(CredentialRevoked.self))
            case .loginSucceeded: .loginSucceeded(try read(LoginSucceeded.self))
            case .logout: .logout(try read(Logout.self))
            case .authenticationFailed: .authenticationFailed(try read(AuthenticationFailed.self))
            case .authorizationDenied: .authorizationDenied(try read(AuthorizationDenied.self))
            case .auditLogQueried: .auditLogQueried(try read(AuditLogQueried.self))
            case .backupTaken: .backupTaken(try read(BackupTaken.self))
            case .restoreCompleted: .restoreCompleted(try read(RestoreCompleted.self))
            case .keyRetired: .keyRetired(try read(KeyRetired.self))
            case .keyCompromised: .keyCompromised(try read(KeyCompromised.self))
            case .checkpointTimestamped: .checkpointTimestamped(try read(CheckpointTimestamped.self))
            case .witnessRefused: .witnessRefused(try read(WitnessRefused.self))
            case .storageWeakened: .storageWeakened(try read(StorageWeakened.self))
            case .logExported: .logExported(try read(LogExported.self))
            case .chainVerificationFailed: .chainVerificationFailed(try read(ChainVerificationFailed.self))
            case .logRecovered: .logRecovered(try read(LogRecovered.self))
            case .spoolAppended: .spoolAppended(try read(SpoolAppended.self))
            case .projectionEventSkipped: .projectionEventSkipped(try read(ProjectionEventSkipped.self))
            }
    }
}

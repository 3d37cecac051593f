/// The closed vocabulary of the product: the name under which each kind of event is stored.
///
/// A name never changes once it was written. New data is a new type, or a new schema version with an upcaster.
public enum EventType: String, CaseIterable, Sendable, Hashable {
    case serviceStarted = "ServiceStarted"
    case serviceStopped = "ServiceStopped"
    case keysCertified = "KeysCertified"
    case modelRegistered = "ModelRegistered"
    case modelActivated = "ModelActivated"
    case modelRolledBack = "ModelRolledBack"
    case modelRetired = "ModelRetired"
    case modelIntegrityFailed = "ModelIntegrityFailed"
    case thresholdChanged = "ThresholdChanged"
    case configChanged = "ConfigChanged"
    case predictionRecorded = "PredictionRecorded"
    case inputRejected = "InputRejected"
    case predictionReviewed = "PredictionReviewed"
    case predictionRead = "PredictionRead"
    case predictionSearched = "PredictionSearched"
    case predictionReproduced = "PredictionReproduced"
    case credentialIssued = "CredentialIssued"
    case credentialRotated = "CredentialRotated"
    case credentialRevoked = "CredentialRevoked"
    case loginSucceeded = "LoginSucceeded"
    case logout = "Logout"
    case authenticationFailed = "AuthenticationFailed"
    case authorizationDenied = "AuthorizationDenied"
    case auditLogQueried = "AuditLogQueried"
    case backupTaken = "BackupTaken"
    case restoreCompleted = "RestoreCompleted"
    case keyRetired = "KeyRetired"
    case keyCompromised = "KeyCompromised"
    case checkpointTimestamped = "CheckpointTimestamped"
    case witnessRefused = "WitnessRefused"
    case logExported = "LogExported"
    case chainVerificationFailed = "ChainVerificationFailed"
    case logRecovered = "LogRecovered"
    case spoolAppended = "SpoolAppended"
    case storageWeakened = "StorageWeakened"
    case projectionEventSkipped = "ProjectionEventSkipped"

    /// The schema version that is written today; older ones are read through upcasters.
    public var schema: Int { 1 }

    /// Whether the event changes what a command may do (keys, models, credentials, settings): it moves the epoch.
    public var isControl: Bool {
        switch self {
        case .keysCertified, .modelRegistered, .modelActivated, .modelRolledBack, .modelRetired, .thresholdChanged,
            .configChanged, .credentialIssued, .credentialRotated, .credentialRevoked, .keyRetired, .keyCompromised:
            true
        case .serviceStarted, .serviceStopped, .modelIntegrityFailed, .predictionRecorded, .inputRejected,
            .predictionReviewed, .predictionRead, .predictionSearched, .predictionReproduced, .loginSucceeded, .logout,
            .authenticationFailed, .authorizationDenied, .auditLogQueried, .backupTaken, .restoreCompleted,
            .checkpointTimestamped, .witnessRefused, .logExported, .chainVerificationFailed, .logRecovered,
            .storageWeakened,
            .spoolAppended, .projectionEventSkipped:
            false
        }
    }

    /// What was done to the record, in the letters of DICOM and FHIR audit messages: create, read, update, execute.
    public var action: String {
        switch self {
        case .modelRegistered, .predictionRecorded, .inputRejected, .credentialIssued, .keysCertified,
            .checkpointTimestamped, .spoolAppended:
            "C"
        case .predictionRead, .auditLogQueried, .backupTaken, .logExported: "R"
        case .predictionReviewed, .thresholdChanged, .configChanged, .credentialRotated, .credentialRevoked,
            .modelRetired, .keyRetired, .keyCompromised, .projectionEventSkipped:
            "U"
        case .serviceStarted, .serviceStopped, .modelActivated, .modelRolledBack, .modelIntegrityFailed,
            .predictionSearched, .predictionReproduced, .loginSucceeded, .logout, .authenticationFailed,
            .authorizationDenied, .restoreCompleted, .witnessRefused, .chainVerificationFailed, .logRecovered,
            .storageWeakened:
            "E"
        }
    }

    /// How much a security team should care, before it knows more.
    public var severity: Severity {
        switch self {
        case .modelIntegrityFailed, .keyCompromised, .witnessRefused, .chainVerificationFailed: .critical
        case .restoreCompleted, .credentialRevoked, .keyRetired, .logRecovered, .storageWeakened,
            .projectionEventSkipped:
            .high
        case .modelActivated, .modelRolledBack, .modelRetired, .thresholdChanged, .configChanged, .credentialIssued,
            .credentialRotated, .authenticationFailed, .authorizationDenied, .keysCertified, .logExported,
            .spoolAppended:
            .medium
        case .modelRegistered, .inputRejected, .backupTaken, .auditLogQueried: .low
        case .serviceStarted, .serviceStopped, .predictionRecorded, .predictionReviewed, .predictionRead,
            .predictionSearched, .predictionReproduced, .loginSucceeded, .logout, .checkpointTimestamped:
            .informational
        }
    }
}

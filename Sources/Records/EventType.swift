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

    /// The schema version that is written today; older ones are read through upcasters.
    public var schema: Int { 1 }

    /// Whether the event changes what a command may do (keys, models, credentials, settings): it moves the epoch.
    public var isControl: Bool {
        switch self {
        case .keysCertified, .modelRegistered, .modelActivated, .modelRolledBack, .modelRetired, .thresholdChanged,
            .configChanged, .credentialIssued, .credentialRotated, .credentialRevoked:
            true
        case .serviceStarted, .serviceStopped, .modelIntegrityFailed, .predictionRecorded, .inputRejected,
            .predictionReviewed, .predictionRead, .predictionSearched, .predictionReproduced, .loginSucceeded, .logout,
            .authenticationFailed, .authorizationDenied, .auditLogQueried, .backupTaken, .restoreCompleted:
            false
        }
    }

    /// What was done to the record, in the letters of DICOM and FHIR audit messages: create, read, update, execute.
    public var action: String {
        switch self {
        case .modelRegistered, .predictionRecorded, .inputRejected, .credentialIssued, .keysCertified: "C"
        case .predictionRead, .auditLogQueried, .backupTaken: "R"
        case .predictionReviewed, .thresholdChanged, .configChanged, .credentialRotated, .credentialRevoked,
            .modelRetired:
            "U"
        case .serviceStarted, .serviceStopped, .modelActivated, .modelRolledBack, .modelIntegrityFailed,
            .predictionSearched, .predictionReproduced, .loginSucceeded, .logout, .authenticationFailed,
            .authorizationDenied, .restoreCompleted:
            "E"
        }
    }

    /// How much a security team should care, before it knows more.
    public var severity: Severity {
        switch self {
        case .modelIntegrityFailed: .critical
        case .restoreCompleted, .credentialRevoked: .high
        case .modelActivated, .modelRolledBack, .modelRetired, .thresholdChanged, .configChanged, .credentialIssued,
            .credentialRotated, .authenticationFailed, .authorizationDenied, .keysCertified:
            .medium
        case .modelRegistered, .inputRejected, .backupTaken, .auditLogQueried: .low
        case .serviceStarted, .serviceStopped, .predictionRecorded, .predictionReviewed, .predictionRead,
            .predictionSearched, .predictionReproduced, .loginSucceeded, .logout:
            .informational
        }
    }
}

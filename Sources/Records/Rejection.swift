/// Why a command was refused by the rules of the domain.
///
/// The raw value is a stable code for programs; `description` says what to do.
public enum Rejection: String, Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case modelUnknown = "model-unknown"
    case modelAmbiguous = "model-ambiguous"
    case modelRetired = "model-retired"
    case modelActive = "model-active"
    case nothingToRollBackTo = "nothing-to-roll-back-to"
    case thresholdInvalid = "threshold-invalid"
    case scoresInvalid = "scores-invalid"
    case predictionUnknown = "prediction-unknown"
    case predictionExists = "prediction-exists"
    case reviewLabelInvalid = "review-label-invalid"
    case reviewReasonMissing = "review-reason-missing"
    case credentialUnknown = "credential-unknown"
    case credentialExists = "credential-exists"
    case credentialRevoked = "credential-revoked"
    case lastAdministrator = "last-administrator"
    case credentialOfWiderRole = "credential-of-wider-role"
    case nameInvalid = "name-invalid"

    public var description: String {
        switch self {
        case .modelUnknown: "No model of this digest or name is registered; list them with `cxrledger models list`."
        case .modelAmbiguous: "Several models match this; name one by more of its digest."
        case .modelRetired: "This model is retired; register a new version instead."
        case .modelActive: "The active model cannot be retired; activate another one first."
        case .nothingToRollBackTo: "No earlier activation to roll back to."
        case .thresholdInvalid:
            "A threshold is a decimal between 0 and 1 with no more digits than a float32 keeps, for example 0.5."
        case .scoresInvalid: "The model's answer is no probability of its classes; activate another model."
        case .predictionUnknown: "No prediction has this id."
        case .predictionExists: "A prediction with this id exists already."
        case .reviewLabelInvalid: "An override names another label, one of the model's classes; agreeing names none."
        case .reviewReasonMissing: "An override needs a reason."
        case .credentialUnknown: "No credential has this id; list them with `cxrledger credentials list`."
        case .credentialExists: "A credential with this id exists already."
        case .credentialRevoked: "This credential is revoked; issue a new one."
        case .lastAdministrator: "The last administrator cannot be revoked; issue another one first."
        case .credentialOfWiderRole:
            "The role of this credential may do what yours may not, so you cannot have its new key; you can revoke it."
        case .nameInvalid: "A name has 1 to 100 printable characters."
        }
    }
}

import Crypto
public import Records
public import Storage

/// A refusal or failure that a person meets: a stable code, and a sentence that says what to do.
///
/// The sentence never holds a secret, a patient or picture content.
public struct ServiceError: Error, Equatable, CustomStringConvertible, CustomDebugStringConvertible, Sendable {
    /// What sort of answer it is; HTTP turns it into a status, the command line into an exit code.
    public enum Kind: Sendable, Equatable {
        case invalid, unauthenticated, forbidden, notFound, conflict, tooLarge, unsupportedMedia, unprocessable
        case overloaded(retryAfterSeconds: Int)
        case unavailable
    }

    public let kind: Kind
    public let code: String
    public let detail: String
    /// What the layer below said, for the service's own log only.
    public let cause: String?

    public init(_ kind: Kind, _ code: String, _ detail: String, cause: String? = nil) {
        (self.kind, self.code, self.detail, self.cause) = (kind, code, detail, cause)
    }

    public static func == (left: Self, right: Self) -> Bool { (left.kind, left.code) == (right.kind, right.code) }

    public var description: String { detail }
    public var debugDescription: String { "\(code): \(detail) \(cause ?? "")" }

    public init(_ rejection: Rejection) {
        let kind: Kind =
            switch rejection {
            case .modelUnknown, .predictionUnknown, .credentialUnknown: .notFound
            case .modelAmbiguous, .modelRetired, .modelActive, .nothingToRollBackTo, .predictionExists,
                .credentialExists,
                .credentialRevoked, .lastAdministrator:
                .conflict
            case .credentialOfWiderRole: .forbidden
            case .scoresInvalid: .unavailable
            case .thresholdInvalid, .reviewLabelInvalid, .reviewReasonMissing, .nameInvalid: .invalid
            }
        self.init(kind, rejection.rawValue, rejection.description)
    }

    /// Any failure of the layers below, where several kinds can meet.
    init(wrapping error: any Error) {
        self =
            switch error {
            case let error as ServiceError: error
            case let error as StorageError: Self(error)
            case let error as AppendError: Self(error)
            case let error as Rejection: Self(error)
            case CryptoError.signer: Self(AppendError.signerUnavailable)
            default:
                Self(
                    .unavailable, "internal", "Something failed inside; see the log of the service.",
                    cause: String(reflecting: error))
            }
    }

    public init(_ error: StorageError) {
        let kind: Kind = error.code == .missing ? .notFound : .unavailable
        self.init(kind, error.code.rawValue, error.description, cause: error.debugDescription)
    }

    /// Whether the log cannot be added to but may be read: the service comes up and says so.
    var isReadOnlyState: Bool {
        [
            "behind", "forked", "tlog-ahead", "lock-foreign", "lock-missing", "log-frozen", "read-only",
        ].contains(code)
    }

    /// Whether a model's file is gone or not the one that was registered.
    var isModelDamage: Bool { ["model-integrity-failed", "model-missing"].contains(code) }

    public init(_ error: AppendError) {
        self =
            switch error {
            case .conflict:
                Self(.conflict, "conflict", "Somebody else changed this at the same moment; look again and repeat.")
            case .staleEpoch, .inFlight:
                Self(.overloaded(retryAfterSeconds: 1), "busy", "Too many changes at this moment; repeat the request.")
            case .idempotencyMismatch:
                Self(
                    .unprocessable, "idempotency-mismatch",
                    "This Idempotency-Key was used for another request; use a new one.")
            case .overloaded(let seconds):
                Self(
                    .overloaded(retryAfterSeconds: seconds), "overloaded",
                    "Too much is waiting; try again in \(seconds) s.")
            case .behind(let size, let locked):
                Self(
                    .unavailable, "behind",
                    "BEHIND: the database holds \(size) entries but \(locked) were acknowledged: read-only. Run `cxrledger log recover`, which brings the missing \(locked - size) back from the tiles in TLOG_DIR, or with --from from a later backup. If they are nowhere, `cxrledger log new-origin` begins a log that says so."
                )
            case .forked(let size):
                Self(
                    .unavailable, "forked",
                    "The database contradicts the checkpoint that was released at size \(size): read-only. Keep every copy and run `cxrledger verify`; then restore the last backup into a new home with --lock, and run `cxrledger log recover` there."
                )
            case .lockForeign:
                Self(
                    .unavailable, "lock-foreign",
                    "The checkpoint lock holds no note of this log, or an older one than before: read-only. Put the right lock back (CXRLEDGER_LOCK)."
                )
            case .lockLost: .lockMissing
            case .readOnly: .readOnly
            case .signerUnavailable:
                Self(
                    .unavailable, "signer-unavailable",
                    "The token that holds the log's keys does not answer: nothing was recorded. Check it, then repeat.")
            case .invalid(let reason): Self(.invalid, "event-invalid", reason)
            case .store(let code): Self(StorageError(code))
            case .outcomeUnknown:
                Self(
                    .unavailable, "outcome-unknown",
                    "Whether this was recorded is not known; repeat it with the same Idempotency-Key.")
            }
    }

    /// Nobody can say what was acknowledged.
    static let lockMissing = ServiceError(
        .unavailable, "lock-missing",
        "The checkpoint lock is empty beside a log that has entries: read-only. Put the lock back (CXRLEDGER_LOCK).")

    /// The process has no private keys of the log.
    static let readOnly = ServiceError(
        .unavailable, "read-only", "This copy has no signing keys, so it can be read and verified but not added to.")
}

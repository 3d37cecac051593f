/// Why a verification failed; the names are stable, and each has its exit status.
public enum VerificationCode: String, Hashable, Sendable, Codable, CaseIterable {
    case malformed
    case fileMissing = "file-missing"
    case fileUnlisted = "file-unlisted"
    case fileDigest = "file-digest"
    case expectationRoot = "expectation-root"
    case keys
    case manifestSignature = "manifest-signature"
    case checkpointSignature = "checkpoint-signature"
    case entryKey = "entry-key"
    case entrySignature = "entry-signature"
    case inclusion
    case rangeRoot = "range-root"
    case consistency
    case order
    case count
    case grade
    case filter
    case streamHole = "stream-hole"
    case rendering
    case expectationCheckpoint = "expectation-checkpoint"
    case expectationRecord = "expectation-record"
    case policy
    case compromised
    case unanchored

    /// The class of the failure.
    public var exit: Int32 {
        switch self {
        case .fileDigest, .keys, .manifestSignature, .checkpointSignature, .entryKey, .entrySignature, .inclusion,
            .rangeRoot, .consistency, .order, .rendering:
            3
        case .fileMissing, .fileUnlisted, .count, .grade, .filter, .streamHole: 4
        case .expectationRoot, .expectationCheckpoint, .expectationRecord: 5
        case .malformed: 6
        case .compromised: 7
        case .unanchored: 8
        case .policy: 9
        }
    }

    /// What the class says, in words.
    public var meaning: String {
        switch exit {
        case 3: "forged or altered"
        case 4: "incomplete or mislabelled"
        case 5: "not what you hold"
        case 6: "malformed"
        case 7: "holds, but a compromised key vouches for part of it"
        case 8: "holds in itself, but nothing of yours was given to start from"
        default: "the policy is not met"
        }
    }
}

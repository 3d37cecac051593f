/// The checks of a verification with what came of them.
struct CheckBook {
    /// A check; they are decided in this order.
    enum Check: Int, CaseIterable {
        case form, files, digests, expectedRoot, keys, manifestSignature, checkpoint, entries, inclusion, contents
        case order, counts, filters, streams, renderings, stamps, heldCheckpoints, heldRecords, policy, compromise,
            start

        var name: String {
            switch self {
            case .form: "form"
            case .files: "files"
            case .digests: "digests"
            case .expectedRoot: "root key"
            case .keys: "key history"
            case .manifestSignature: "manifest"
            case .checkpoint: "checkpoint"
            case .entries: "entries"
            case .inclusion: "tree"
            case .contents: "contents"
            case .order: "order"
            case .counts: "completeness"
            case .filters: "filters"
            case .streams: "streams"
            case .renderings: "renderings"
            case .stamps: "time stamps"
            case .heldCheckpoints: "your checkpoints"
            case .heldRecords: "your records"
            case .policy: "policy"
            case .compromise: "compromised keys"
            case .start: "starting point"
            }
        }

        var standard: String {
            switch self {
            case .form: "canonical JSON (RFC 8785 subset), DSSE v1, C2SP formats"
            case .files, .contents: "docs/formats.md"
            case .digests: "SHA-256 (FIPS 180-4)"
            case .expectedRoot, .heldRecords, .start: "what you hold"
            case .keys: "certificates of the root key, Ed25519 (RFC 8032) over DSSE"
            case .manifestSignature: "Ed25519 (RFC 8032) over DSSE v1"
            case .checkpoint: "C2SP tlog-checkpoint, signed-note"
            case .entries: "DSSE v1, Ed25519 (RFC 8032)"
            case .inclusion: "RFC 6962, RFC 9162 section 2.1"
            case .order: "dense indices, times that never go back"
            case .counts: "the manifest's grade"
            case .filters: "the manifest's filters"
            case .streams: "versions without a hole, SHA-256 of the predecessor"
            case .renderings: "RFC 4180, docs/formats.md"
            case .stamps: "RFC 3161, RFC 6962 consistency"
            case .heldCheckpoints: "RFC 6962 consistency"
            case .policy: "C2SP tlog-policy, tlog-cosignature"
            case .compromise: "KeyCompromised events"
            }
        }
    }

    struct Failure {
        let code: VerificationCode
        let sentence: String
    }

    private let kind: String
    private let checks: [Check]
    private var failures: [Check: Failure] = [:]
    private var passed: [Check: String] = [:]
    private var skipped: [Check: String] = [:]
    private(set) var notChecked: [String] = []
    private var flags: [String] = []

    init(kind: String, leavingOut: Set<Check>) {
        (self.kind, checks) = (kind, Check.allCases.filter { !leavingOut.contains($0) })
    }

    /// Notes a failure, unless the check has failed before.
    mutating func fail(_ check: Check, _ code: VerificationCode, _ sentence: String) {
        if failures[check] == nil { failures[check] = Failure(code: code, sentence: sentence) }
    }

    /// Says what a check found when it did not fail.
    mutating func pass(_ check: Check, _ detail: String) { passed[check] = detail }

    /// Says why there was nothing to look at.
    mutating func skip(_ check: Check, _ detail: String) { skipped[check] = detail }

    mutating func leaveUnchecked(_ sentence: String) { notChecked.append(sentence) }

    mutating func flag(_ sentence: String) {
        flags.append(sentence)
        fail(.compromise, .compromised, "Only a compromised key vouches for part of this; see the flags.")
    }

    /// The verdict: the first check that failed decides, and what would have come after it was not checked.
    func verdict(origin: String?, size: UInt64?, root: String?, success: String) -> VerificationVerdict {
        let first = checks.first { failures[$0] != nil }
        let rows = checks.map { check -> VerificationVerdict.Check in
            let (verdict, detail): (String, String)
            if let failure = failures[check], check == first {
                (verdict, detail) = ("failed", failure.sentence)
            } else if let first, check.rawValue > first.rawValue {
                (verdict, detail) = ("not checked", "An earlier check failed.")
            } else if let reason = skipped[check] {
                (verdict, detail) = ("not checked", reason)
            } else {
                (verdict, detail) = ("passed", passed[check] ?? "")
            }
            return .init(name: check.name, standard: check.standard, verdict: verdict, detail: detail)
        }
        let failure = first.flatMap { failures[$0] }
        return VerificationVerdict(
            kind: kind, ok: failure == nil, code: failure?.code.rawValue ?? "verified", exit: failure?.code.exit ?? 0,
            summary: failure.map {
                "\($0.code.meaning.prefix(1).uppercased())\($0.code.meaning.dropFirst()). \($0.sentence)"
            }
                ?? success,
            origin: origin, size: size, root: root, checks: rows, notChecked: notChecked, flags: flags)
    }
}

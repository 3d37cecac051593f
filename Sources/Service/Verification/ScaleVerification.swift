import Crypto
import Ledger
import Records
import Storage

/// What the verifications that look at one aspect of a long log have in common: where it lies, how far an earlier one
/// came, what was found, and what is said in the end.
struct ScaleVerification {
    typealias Finding = VerificationReport.Finding
    typealias Check = VerificationReport.Check

    let mode: VerificationMode
    let ring: KeyRing
    let log: any EventStore
    let lock: LockReading
    /// Where to note how far it came; nowhere when nil.
    let resume: String?
    let progress: @Sendable (UInt64, UInt64) -> Void
    /// Where an earlier verification ended.
    var begun: VerificationProgress?
    private(set) var findings: [Finding] = []
    var flags: [VerificationReport.Flag] = []

    init(
        _ mode: VerificationMode, ring: KeyRing, log: any EventStore, lock: LockReading, resume: String?,
        progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) throws(ServiceError) {
        (self.mode, self.ring, self.log, self.lock) = (mode, ring, log, lock)
        (self.resume, self.progress) = (resume, progress)
        begun = try resume.flatMap { path throws(ServiceError) in
            try VerificationProgress(path: path, mode: mode, origin: ring.origin)
        }
    }

    mutating func add(_ code: String, _ index: UInt64?, _ sentence: String) {
        findings.append(.init(code: code, index: index, file: nil, sentence: sentence))
    }

    mutating func add(_ added: [Finding]) { findings += added }

    mutating func add(_ finding: LedgerFinding) { add(finding.code.rawValue, finding.index, finding.sentence) }

    /// Takes down why the log could not be read on.
    mutating func add(_ error: any Error, at index: UInt64) throws(ServiceError) {
        switch error {
        case let missing as EntryStream.Missing: add("missing", missing.index, "The entry is not there.")
        case let error as StorageError where error.code == .corrupt || error.code == .unavailable:
            add(error.code.rawValue, index, "The log cannot be read from the database on from here.")
        default: throw ServiceError(wrapping: error)
        }
    }

    /// Notes how far it came.
    func save(size: UInt64, root: Digest, body: @autoclosure () -> [UInt8] = []) throws(ServiceError) {
        guard let resume else { return }
        try VerificationProgress(
            mode: mode, origin: ring.origin, size: size, root: root, time: SystemClock.now(), body: body()
        ).write(to: resume)
    }

    /// The keys that the pinned root certified, and what was said of them later: the entries of their stream.
    static func keys(_ ring: KeyRing, reading reader: any LogReader) throws(StorageError) -> (
        keys: CertifiedKeys, finding: LedgerFinding?
    ) {
        var keys = CertifiedKeys(pinnedRoot: ring.root, origin: ring.origin)
        for entry in try reader.stream("keys", from: 0, limit: Int(Int32.max)) {
            do throws(LedgerFinding) { _ = try keys.check(entry.bytes, at: entry.index) } catch { return (keys, error) }
        }
        return (keys, nil)
    }

    /// What is said in the end; checks that the mode does not make are named too.
    func report(size: UInt64, root: Digest, checks: [Check]) -> VerificationReport {
        let others = [
            "entries", "beginning", "streams", "columns", "tree", "lock", "files", "secrets", "lists",
        ].filter { name in !checks.contains { $0.name == name } }
        let earlier = begun.map {
            Check(
                name: "earlier runs", standard: "", verdict: "not checked",
                detail: "entries before index \($0.size) were looked at until \($0.time), and not again")
        }
        return VerificationReport(
            mode: mode.name, ok: findings.isEmpty, origin: ring.origin, size: size, root: root.hex,
            checkpoint: lock.current, findings: findings,
            checks: checks + (earlier.map { [$0] } ?? [])
                + others.map {
                    Check(name: $0, standard: "", verdict: "not checked", detail: "not looked at by this mode")
                }, flags: flags)
    }

    /// A check of this mode: it failed when something with these codes was found, and is open when it was not reached.
    func check(_ name: String, _ standard: String, _ detail: String, codes: Set<String>, isComplete: Bool) -> Check {
        let hasFailed = findings.contains { codes.contains($0.code) }
        return Check(
            name: name, standard: standard, verdict: hasFailed ? "failed" : isComplete ? "passed" : "not checked",
            detail: detail)
    }
}

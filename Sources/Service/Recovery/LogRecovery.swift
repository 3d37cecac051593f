import Crypto
import Ledger
public import Storage

/// Brings back the entries that a database lacks under its checkpoint lock, from what was published or backed up.
///
/// Everything is verified before anything is written: what is still there, then the missing entries with their keys,
/// signatures and streams, and that both make the tree that the lock promises. Only then are they committed, batch by batch
/// in the order of the log, so that whoever ends the process leaves a log that lacks less and can be recovered again.
public enum LogRecovery {
    /// Recovers the log of a home from published tiles or the folder of a backup.
    ///
    /// `backup` is the folder when it is one of a backup: pictures, models and secrets that the missing entries need are
    /// taken from there too. `progress` is called with the entries looked at or written, and their number.
    ///
    /// - Throws: `not-behind`, `recovery-source-short` and others, each with what to do; nothing was written then.
    public static func run(
        from source: any TileSource, backup: String?, settings: Settings, backend: any StorageBackend,
        _ context: RequestContext, progress: @escaping @Sendable (_ isWriting: Bool, UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> RecoveryReport {
        let home = Home(settings.home)
        let (report, files) = try await home.recovering { () async throws(ServiceError) in
            guard try SmallFile.read(home.restoring) == nil else { throw Restore.unfinished(home) }
            if let frozen = try FrozenMark.read(home, lock: settings.lock) { throw frozen.refusal }
            let ring = try KeyRing.load(home, forSigning: false)
            let promise = try LockedPromise(settings.lock)
            do {
                let log = try backend.openLog(origin: ring.origin)
                // One that ended before it was told is told now.
                if let note = try RecoveryNote.read(home), promise.checkpoint.size <= note.to,
                    try await note.isDone(in: log)
                {
                    return (note, TailFiles.Outcome())
                }
                let tail = try await MissingTail.verified(
                    of: log, ring, promise, from: source, progress: { progress(false, $0, $1) })
                let files = try await TailFiles(tail, blobs: Blobs(settings), ring: ring, backend: backend).bring(
                    from: backup)
                let note = RecoveryNote(
                    from: try RecoveryNote.read(home)?.from ?? tail.start, to: tail.end, root: tail.root.hex,
                    source: backup == nil ? "tiles" : "backup")
                try note.write(home)
                try await tail.write(to: log, from: source) { progress(true, $0, $1) }
                return (note, files)
            } catch { throw ServiceError(wrapping: error) }
        }
        let (application, _) = try await Application.open(settings, backend: backend)
        try await application.noteRecovery(context)
        try await application.emptySpool()
        return RecoveryReport(
            origin: application.origin, from: report.from, to: report.to, root: report.root, source: report.source,
            missingFiles: files.missingFiles, missingSecrets: files.missingSecrets,
            sentences: sentences(report, files, isSigned: application.readOnly == nil))
    }

    private static func sentences(_ note: RecoveryNote, _ files: TailFiles.Outcome, isSigned: Bool) -> [String] {
        var sentences = [
            "Entries \(note.from) to \(note.to - 1) are back. All \(note.to), their signatures, streams and tree were checked, and the root is the one that was promised."
        ]
        if let first = files.missingFiles.first {
            sentences.append(
                "\(files.missingFiles.count) pictures or models that they name are not here, \(first) first: copy them from a backup to their places in CXRLEDGER_HOME or BLOBS_S3; `cxrledger verify` names each."
            )
        }
        if files.missingSecrets > 0 {
            sentences.append(
                "\(files.missingSecrets) of their patients have no secret here: run it again with --from and a backup whose .secrets hold them, or restore secrets.db (in PostgreSQL the schema cxrledger_secrets)."
            )
        }
        sentences.append(
            isSigned
                ? "The log goes on. Take a backup now."
                : "This copy may not sign, so it stays read-only; `cxrledger health` says why.")
        return sentences
    }
}

/// What a recovery arrived at.
public struct RecoveryReport: Codable, Sendable {
    public let origin: String
    /// How many entries there were.
    public let from: UInt64
    /// How many there are.
    public let to: UInt64
    /// Hex.
    public let root: String
    /// `tiles` or `backup`.
    public let source: String
    /// Pictures and models that recovered entries name, and that are not here.
    public let missingFiles: [String]
    /// How many patients of recovered predictions have no secret here.
    public let missingSecrets: Int
    /// What was checked and what to do next, for people.
    public let sentences: [String]
}

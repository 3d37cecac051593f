import Crypto
import Glibc
import Ledger
import Records
public import Storage

/// Rebuilds a log by replay from a backup into an empty home: everything is checked before anything is written.
///
/// The surviving checkpoint lock decides what the restored log may do. With the lock at the backup's own size the log
/// goes on; with a lock beyond it the log is BEHIND until the missing entries are replayed; without one nobody knows
/// what was acknowledged after the backup, so the copy gets no signing keys and stays read-only. Never a fork.
public enum Restore {
    /// Restores a backup into the empty home and database that the settings name.
    ///
    /// `secrets` is the folder with keys and wrapped secrets, by default the backup's name with `.secrets`; `lock` the
    /// checkpoint lock that survived.
    public static func run(
        from folder: String, secrets: String?, lock lockFile: String?, into settings: Settings,
        backend: any StorageBackend, progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> RestoreReport {
        let home = Home(settings.home)
        guard !home.isInitialised, try origins(backend).isEmpty else {
            throw ServiceError(
                .conflict, "home-not-empty",
                "\(settings.home) or its database holds a log already; restore into an empty one.")
        }
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let keys = try RestoredKeys(folder: secrets ?? folder + ".secrets")
        let backup = try CheckedBackup(folder: folder, root: keys.root, origin: keys.origin)
        let locked = try lockFile.map { path throws(ServiceError) in
            try Self.locked(path, key: backup.checkpointKey)
        }
        if let locked, locked.checkpoint.size < backup.manifest.size {
            throw ServiceError(
                .conflict, "lock-older",
                "The lock stands at \(locked.checkpoint.size), before the backup's \(backup.manifest.size): it is not the one that survived."
            )
        }
        if let locked, locked.checkpoint.size == backup.manifest.size,
            locked.checkpoint.root.hex != backup.manifest.root
        {
            throw ServiceError(
                .conflict, "forked",
                "The lock knows another tree of this size than the backup holds; do not use this backup.")
        }
        let state = locked == nil ? "read-only" : locked?.checkpoint.size == backup.manifest.size ? "live" : "behind"
        try home.prepare()
        try Home.makeFolder(settings.lock.lastIndex(of: "/").map { String(settings.lock[..<$0]) } ?? ".")
        try await replay(backup, origin: keys.origin, backend, progress)
        try copyBlobs(backup, home)
        do {
            let store = try backend.openSecrets(origin: keys.origin)
            for record in keys.subjects { _ = try await store.insert(record) }
            if lockFile == nil {
                guard try FileCheckpointLock(path: settings.lock).advance(from: nil, to: backup.note) == backup.note
                else { throw ServiceError(.conflict, "lock-exists", "\(settings.lock) is the lock of a log already.") }
            }
        } catch { throw ServiceError(wrapping: error) }
        if let lockFile { try share(lockFile, as: settings.lock) }
        try keys.install(home, canSign: locked != nil)
        let (application, _) = try await Application.open(settings, backend: backend)
        let projections = try await application.projections()
        for due in backup.manifest.projections {
            guard projections.contains(where: { $0.projection == due.name && $0.digest == due.digest }) else {
                throw ServiceError(
                    .unavailable, "projection-differs",
                    "The restored list '\(due.name)' is not the one that was backed up.")
            }
        }
        if state == "live" {
            let name = folder.split(separator: "/").last.map(String.init) ?? folder
            let user = RequestContext(principal: .system, correlation: Identifiers.uuid(at: SystemClock.now()))
            try await application.note(
                .restoreCompleted(.init(backup: name, size: backup.manifest.size, root: backup.manifest.root)),
                in: "service", user)
        }
        return RestoreReport(
            origin: keys.origin, size: backup.manifest.size, root: backup.manifest.root, state: state,
            projections: projections, sentences: sentences(state, backup.manifest.size, locked?.checkpoint.size))
    }

    /// Makes the surviving lock itself the lock of the restored log: should the old one still run, only one of the two
    /// can ever release a size, and the other finds itself behind.
    private static func share(_ survivor: String, as path: String) throws(ServiceError) {
        guard let resolved = unsafe realpath(survivor, nil) else { throw Home.failure("read", survivor) }
        defer { unsafe free(resolved) }
        let target = unsafe String(cString: resolved)
        if let there = unsafe realpath(path, nil) {
            defer { unsafe free(there) }
            guard unsafe strcmp(there, resolved) != 0 else { return }
            throw ServiceError(
                .conflict, "lock-exists", "\(path) is another lock already; name the surviving one by CXRLEDGER_LOCK.")
        }
        guard unsafe symlink(target, path) == 0 else { throw Home.failure("symlink", path) }
    }

    private static func origins(_ backend: any StorageBackend) throws(ServiceError) -> [String] {
        do { return try backend.origins() } catch { throw ServiceError(wrapping: error) }
    }

    private static func locked(
        _ path: String, key: VerifierKey
    ) throws(ServiceError) -> (note: String, checkpoint: Checkpoint) {
        guard unsafe access(path, R_OK) == 0 else { throw Home.failure("read", path) }
        do {
            guard let note = try FileCheckpointLock(path: path).current() else { throw LedgerError(.note) }
            return (note, try Checkpoint(note: note, signedBy: [key]))
        } catch {
            throw ServiceError(.unprocessable, "lock-foreign", "\(path) holds no checkpoint of this log.")
        }
    }

    /// Appends the checked entries as they were stored; the tree that they make must be the checkpoint's.
    private static func replay(
        _ backup: CheckedBackup, origin: String, _ backend: any StorageBackend,
        _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) {
        do {
            let log = try backend.openLog(origin: origin)
            var replay = LogReplay(root: backup.root, origin: origin)
            for tile in TileCoordinate.all(size: backup.manifest.size) where tile.level == 0 {
                let entries = try backup.entries(of: tile)
                let write = try replay.write(entries)
                try await log.commit { _ throws(StorageError) in (write, ()) }
                progress(write.head.size, backup.manifest.size)
            }
            guard replay.root.hex == backup.manifest.root else {
                throw ServiceError(
                    .unavailable, "root-differs", "The replayed log has another root than the backup's checkpoint.")
            }
        } catch { throw ServiceError(wrapping: error) }
    }

    private static func copyBlobs(_ backup: CheckedBackup, _ home: Home) throws(ServiceError) {
        do {
            let stores = (
                images: try FileBlobStore(folder: home.images), models: try FileBlobStore(folder: home.models)
            )
            for file in backup.manifest.files {
                let isImage = file.path.hasPrefix("images/")
                guard isImage || file.path.hasPrefix("models/") else { continue }
                _ = try (isImage ? stores.images : stores.models).put(try backup.read(file))
            }
        } catch { throw ServiceError(wrapping: error) }
    }

    private static func sentences(_ state: String, _ size: UInt64, _ locked: UInt64?) -> [String] {
        let checked =
            "All \(size) entries, their signatures, streams and tree were checked against the pinned root, and every file against its digest."
        let next =
            switch state {
            case "live":
                "The surviving lock stands at the same size: nothing acknowledged is missing, and the log goes on."
            case "behind":
                "BEHIND: the surviving lock knows \(locked ?? 0) entries. The log is read-only until the missing \((locked ?? size) - size) are replayed from a later backup."
            default:
                "READ-ONLY: no surviving lock was given, so nobody knows what was acknowledged after this backup. Restore again with --lock FILE to go on."
            }
        return [checked, "The lists were folded again and have the digests of the backup.", next]
    }
}

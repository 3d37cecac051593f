import Concurrency
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
///
/// The keys come last: until they are there, no process opens the home, and a restore that was interrupted is gone on with
/// by the same command.
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
        try checkPlace(home, backend, restoring: nil)
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        guard unsafe access("\(folder)/manifest.json", F_OK) == 0 else {
            throw ServiceError(
                .notFound, "backup-missing",
                "There is no backup at \(folder): it holds no manifest.json. Name the folder that `cxrledger backup` printed."
            )
        }
        let keys = try RestoredKeys(folder: secrets ?? folder + ".secrets")
        let backup = try CheckedBackup(folder: folder, root: keys.root, origin: keys.origin)
        try keys.check(backup.subjects)
        let survivor = try lockFile.map { path throws(ServiceError) in try SurvivingLock(path, of: backup) }
        if survivor == nil { try checkLock(settings.lock, backup) }
        try home.prepare()
        try SmallFile.makeFolder(DurableFile.folder(of: settings.lock))
        let projections = try await home.exclusively { () async throws(ServiceError) in
            try checkPlace(home, backend, restoring: backup.manifest.digest)
            try SmallFile.write(Array(backup.manifest.digest.utf8), to: home.restoring)
            try await replay(backup, into: home, origin: keys.origin, backend, progress)
            try await copyBlobs(backup, to: Blobs(settings))
            let projections = try await insert(keys.subjects, andFold: backup, backend)
            if let survivor {
                try survivor.share(as: settings.lock)
                // What an earlier attempt without it left.
                guard unsafe unlink(home.copyMark) == 0 || errno == ENOENT else {
                    throw Home.failure("remove", home.copyMark)
                }
            } else {
                try SmallFile.write(Array(backup.manifest.digest.utf8), to: home.copyMark)
                try makeLock(settings.lock, backup)
            }
            try keys.install(home, canSign: survivor != nil, genesis: backup.genesis)
            guard unsafe unlink(home.restoring) == 0 else { throw Home.failure("remove", home.restoring) }
            return projections
        }
        let (application, _) = try await Application.open(settings, backend: backend)
        let state = try await state(of: application)
        if state == .live {
            let name = folder.split(separator: "/").last.map(String.init) ?? folder
            try await application.note(
                .restoreCompleted(.init(backup: name, size: backup.manifest.size, root: backup.manifest.root)),
                in: "service", application.systemContext())
        }
        return RestoreReport(
            origin: keys.origin, size: backup.manifest.size, root: backup.manifest.root, state: state.rawValue,
            projections: projections.map { ProjectionReport($0) },
            sentences: sentences(state, backup.manifest.size, survivor, keys))
    }

    /// What a home says that holds a part of a log.
    static func unfinished(_ home: Home) -> ServiceError {
        if (try? SmallFile.read(home.restoring)) == Successor.mark {
            return ServiceError(
                .conflict, "new-origin-unfinished",
                "A new log in \(home.path) was not finished: run the same `cxrledger log new-origin` again; if it refuses, remove that folder first. The old log is unharmed."
            )
        }
        return ServiceError(
            .conflict, "restore-unfinished",
            "A restore into \(home.path) was interrupted: run the same `cxrledger restore` again, or empty the home.")
    }

    /// Refuses a home or a database in use; what an interrupted restore of the same backup left is gone on with.
    private static func checkPlace(
        _ home: Home, _ backend: any StorageBackend, restoring manifest: String?
    ) throws(ServiceError) {
        let begun = try SmallFile.read(home.restoring).map { String(decoding: $0, as: UTF8.self) }
        if let begun, let manifest, begun != manifest { throw unfinished(home) }
        do { guard try home.isInitialised || (begun == nil && !backend.origins().isEmpty) else { return } } catch {
            throw ServiceError(wrapping: error)
        }
        throw ServiceError(
            .conflict, "home-not-empty",
            "\(home.path) or its database holds a log already; restore into an empty one.")
    }

    /// Appends the checked entries as they were stored; the tree that they make must be the checkpoint's.
    private static func replay(
        _ backup: CheckedBackup, into home: Home, origin: String, _ backend: any StorageBackend,
        _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) {
        do {
            var copy = try await LogImport(into: try backend.openLog(origin: origin))
            for tile in TileCoordinate.all(size: backup.manifest.size) where tile.level == 0 {
                try await copy.add(try backup.entries(of: tile))
                progress(tile.index * 256 + UInt64(tile.width), backup.manifest.size)
            }
            try await copy.finish()
            guard copy.root.hex == backup.manifest.root else {
                throw ServiceError(
                    .unavailable, "root-differs", "The replayed log has another root than the backup's checkpoint.")
            }
        } catch let error as StorageError where error.code == .incompatible { throw unfinished(home) } catch {
            throw ServiceError(wrapping: error)
        }
    }

    private static func copyBlobs(_ backup: CheckedBackup, to blobs: Blobs) async throws(ServiceError) {
        let files = backup.manifest.files.filter { $0.path.hasPrefix("images/") || $0.path.hasPrefix("models/") }
        try await concurrentForEach(of: files, atMost: 8) { file throws(ServiceError) in
            let store = file.path.hasPrefix("images/") ? blobs.images : blobs.models
            do { _ = try await store.put(try backup.read(file)) } catch { throw ServiceError(wrapping: error) }
        }
    }

    /// Folds the lists, which must be those that were backed up, as far as this version makes the same.
    private static func insert(
        _ subjects: [SubjectRecord], andFold backup: CheckedBackup, _ backend: any StorageBackend
    ) async throws(ServiceError) -> [ProjectionState] {
        let (states, stopped): ([ProjectionState], [String: ProjectionStop])
        do {
            let secrets = try backend.openSecrets(origin: backup.manifest.origin)
            let there = Set(try await secrets.all())  // from a restore that was interrupted
            for record in subjects where !there.contains(record) { _ = try await secrets.insert(record) }
            let runner = ProjectionRunner(
                log: try backend.openLog(origin: backup.manifest.origin),
                store: try backend.openProjections(origin: backup.manifest.origin), projections: Application.projections
            )
            try await runner.fold()
            (states, stopped) = (try await runner.states(), await runner.stopped)
        } catch { throw ServiceError(wrapping: error) }
        for state in states {
            let due = backup.manifest.projections.filter { $0.name == state.projection }
            // One that stood at an event when it was backed up stands there again.
            guard state.position == backup.manifest.size || stopped[state.projection] != nil, !due.isEmpty,
                due.allSatisfy({ $0.version != state.version || $0.digest == state.digest.hex })
            else {
                throw ServiceError(
                    .unavailable, "projection-differs",
                    "The restored list '\(state.projection)' is not the one that was backed up.")
            }
        }
        return states
    }

    /// Before anything is copied.
    private static func checkLock(_ path: String, _ backup: CheckedBackup) throws(ServiceError) {
        guard unsafe access(path, F_OK) == 0 else { return }
        do {
            let note = try FileCheckpointLock(reading: path).current()
            guard note != nil, note != backup.note else { return }
        } catch { throw ServiceError(error) }
        throw lockExists(path)
    }

    private static func lockExists(_ path: String) -> ServiceError {
        ServiceError(
            .conflict, "lock-exists",
            "\(path) is the lock of a log already. If it is the one that survived, restore with --lock \(path); otherwise set CXRLEDGER_LOCK to another place."
        )
    }

    /// Without the surviving lock the copy has one of its own, at what the backup proves.
    private static func makeLock(_ path: String, _ backup: CheckedBackup) throws(ServiceError) {
        do {
            guard try FileCheckpointLock(path: path).advance(from: nil, to: backup.note) != backup.note else { return }
        } catch { throw ServiceError(error) }
        throw lockExists(path)
    }

    private static func state(of application: Application) async throws(ServiceError) -> RestoreReport.State {
        if application.readOnly != nil { return .readOnly }
        do { return try await application.sequencer?.standing() == nil ? .live : .behind } catch {
            throw ServiceError(error)
        }
    }

    private static func sentences(
        _ state: RestoreReport.State, _ size: UInt64, _ survivor: SurvivingLock?, _ keys: RestoredKeys
    ) -> [String] {
        let checked =
            "All \(size) entries, their signatures, streams and tree were checked against the pinned root, and every file against its digest."
        let next =
            switch (state, survivor?.checkpoint.size) {
            case (.live, _):
                "The surviving lock stands at the same size: nothing acknowledged is missing, and the log goes on."
            case (.behind, let locked):
                "BEHIND: the surviving lock knows \(locked ?? size) entries. The log is read-only until the missing \((locked ?? size) - size) are brought back: `cxrledger log recover`, from the old home's tiles or a later backup."
            case (.readOnly, nil):
                "READ-ONLY: no surviving lock was given, so nobody knows what was acknowledged after this backup. Restore again with --lock FILE to go on."
            case (.readOnly, _?):
                keys.canSign
                    ? "READ-ONLY: the keys are not those that the log goes on with; `cxrledger verify` says more."
                    : "READ-ONLY: the folder of secrets holds no signing keys. Put them into keys/ to go on."
            }
        return [checked, "The lists were folded again and have the digests of the backup.", next]
    }
}

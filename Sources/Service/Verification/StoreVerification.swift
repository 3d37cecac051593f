import Crypto
import Ledger
import Records
public import Storage

/// Verifies everything that a home and its database hold, from stored bytes, trusting only the pinned root key.
public enum StoreVerification {
    /// Looks at every entry, tile, column, head, idempotency record, the lock, every file and every secret that an event
    /// names, and the lists, which are folded again.
    ///
    /// `progress` is called with the entries looked at and their number.
    public static func run(
        settings: Settings, backend: any StorageBackend, progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> VerificationReport {
        let home = Home(settings.home)
        let ring = try KeyRing.load(home, forSigning: false)
        var verification = LogVerification(ring: ring, database: settings.sqlitePath)
        // Before the lock, which is never behind it.
        verification.published =
            settings.tlogFolder.isEmpty ? nil : await PublishedReading(folder: settings.tlogFolder)
        verification.lock = LockReading(path: settings.lock)
        if settings.timestampCA != nil { verification.authorities = try TimestampAuthority.authorities(settings) }
        verification.frozen = try FrozenMark.read(home, lock: settings.lock)
        do {
            for damage in try backend.damage() { verification.add(damage) }
            let log = try backend.openLog(origin: ring.origin)
            try await verification.readLog(log, progress)
            verification.others = try backend.origins().filter { $0 != ring.origin }
        } catch {
            // A server that does not answer says nothing about what it holds.
            guard settings.sqlitePath != nil || error.code != .unavailable else {
                throw ServiceError(error)
            }
            verification.add(
                error.code.rawValue, verification.size, settings.sqlitePath, "The database cannot be read: \(error)")
        }
        await verification.checkSecrets(backend)
        verification.checkLock()
        await verification.checkPublished()
        await verification.checkLists(backend, home: home)
        await verification.checkFiles(Blobs(settings))
        verification.checkSpool(home)
        return verification.report
    }

    /// Looks at one aspect of a long log.
    ///
    /// The file `resume` tells how far an earlier verification came, and will tell of this one.
    public static func run(
        _ mode: VerificationMode, settings: Settings, backend: any StorageBackend, resume: String? = nil,
        progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> VerificationReport {
        // A database that cannot be opened is a finding of the whole verification, not its failure.
        if mode == .full { return try await run(settings: settings, backend: backend, progress: progress) }
        let ring = try KeyRing.load(Home(settings.home), forSigning: false)
        let lock = LockReading(path: settings.lock)
        let log: any EventStore
        do { log = try backend.openLog(origin: ring.origin) } catch { throw ServiceError(error) }
        var verification = try ScaleVerification(
            mode, ring: ring, log: log, lock: lock, resume: resume, progress: progress)
        switch mode {
        case .full: return try await run(settings: settings, backend: backend, progress: progress)
        case .tree: return try await verification.verifyTree()
        case .signatures: return try await verification.verifySignatures()
        case .sample(let count): return try await verification.verifySample(count)
        }
    }
}

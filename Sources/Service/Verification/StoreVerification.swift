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
        verification.readLock(path: settings.lock)
        do {
            for damage in try backend.damage() { verification.add(damage) }
            let log = try backend.openLog(origin: ring.origin)
            try await verification.readLog(log, progress)
            verification.others = try backend.origins().filter { $0 != ring.origin }
        } catch {
            verification.add(
                error.code.rawValue, verification.size, settings.sqlitePath, "The database cannot be read: \(error)")
        }
        await verification.checkSecrets(backend)
        await verification.checkLists(backend, home: home)
        verification.checkLock()
        verification.checkFiles(home)
        return verification.report
    }
}

import Crypto
import Ledger
import Records
public import Storage

/// Verifies everything that a home and its database hold, from stored bytes, trusting only the pinned root key.
public enum StoreVerification {
    /// Looks at every entry, tile, column, head, idempotency record, the lock, and every file that an event names.
    ///
    /// `progress` is called with the entries looked at and their number.
    public static func run(
        settings: Settings, backend: any StorageBackend, progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> VerificationReport {
        let home = Home(settings.home)
        let ring = try KeyRing.load(home)
        var verification = LogVerification(ring: ring)
        do {
            if let damage = try backend.damage() {
                verification.add("database", nil, settings.sqlitePath, "The database's own check: \(damage)")
            }
            let log = try backend.openLog(origin: ring.origin)
            try await verification.readLog(log, progress)
        } catch {
            verification.add(
                error.code.rawValue, verification.size, settings.sqlitePath, "The database cannot be read: \(error)")
        }
        verification.checkLock(path: settings.lock)
        verification.checkFiles(home)
        return verification.report
    }
}

import Ledger
import Storage

extension Stores {
    /// Why nothing may be signed after what was published: more than the database holds.
    ///
    /// Database and lock that were both put back to an earlier time agree with each other; the published log, which is on
    /// another volume when it matters, remembers what they have forgotten. A checkpoint that the log has not signed, or
    /// that cannot be read, says nothing here; publication tells of it.
    func reasonNotToSign(afterPublishing folder: String) async throws(ServiceError) -> ServiceError? {
        // Before the log, which others may add to, and publish, meanwhile.
        guard !folder.isEmpty, let note = try? await TileFolder(reading: folder).checkpoint() else { return nil }
        let control = ControlPlane(log: log, ring: ring)
        do {
            let (size, published) = try await log.read { reader throws(StorageError) in
                let size = try reader.head()?.size ?? 0
                let keys = size > 0 ? try? control.keys(reading: reader) : nil
                return (size, keys.flatMap { ProvenLog.checkpoint(note, keys: $0)?.checkpoint.size })
            }
            // A lock that knows as much says so itself: then the log is BEHIND.
            let locked = try lock.current().flatMap { try? Checkpoint(note: $0).size } ?? 0
            guard let published, published > max(size, locked) else { return nil }
            return ServiceError(
                .unavailable, "tlog-ahead",
                "The database holds \(size) entries and its lock knows no more, but \(published) were published to \(folder): both are older than that. Read-only: run `cxrledger log recover`, which brings the missing entries back from there, or name another TLOG_DIR if you know that it is another log's."
            )
        } catch { throw ServiceError(error) }
    }
}

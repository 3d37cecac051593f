import Crypto
import Glibc
import Ledger
import Storage

/// The checkpoint lock that was still there when the database was not.
struct SurvivingLock {
    let path: String
    let checkpoint: Checkpoint

    /// Reads a lock that is whole, of the backup's log, and not before the backup.
    init(_ path: String, of backup: CheckedBackup) throws(ServiceError) {
        guard unsafe access(path, R_OK) == 0 else { throw Home.failure("read", path) }
        if let frozen = try FrozenMark.read(beside: path) { throw frozen.refusal }
        self.path = path
        let notes: [String], isWhole: Bool
        do {
            let lock = try FileCheckpointLock(reading: path)
            (notes, isWhole) = (try lock.notes(), try lock.damage() == nil)
        } catch { throw ServiceError(error) }
        // A checkpoint beyond the backup may be signed by a key that was certified after it. The log is behind then, and
        // whoever brings the missing entries brings the certificate.
        let (size, origin) = (backup.manifest.size, backup.manifest.origin)
        let signed = notes.filter { backup.keys.judge($0, of: origin, size: size) != .foreign }
            .compactMap { try? Checkpoint(note: $0) }
        guard let newest = signed.max(by: { $0.size < $1.size }) else {
            throw ServiceError(.unprocessable, "lock-foreign", "\(path) holds no checkpoint of this log.")
        }
        guard isWhole, signed.count == notes.count else {
            throw ServiceError(
                .unprocessable, "lock-damaged",
                "\(path) is damaged, so it cannot say what was acknowledged last. Without --lock the backup is restored to be read."
            )
        }
        checkpoint = newest
        guard checkpoint.size >= size else {
            throw ServiceError(
                .conflict, "lock-older",
                "The lock stands at \(checkpoint.size), before the backup's \(size): it is not the one that survived.")
        }
        guard checkpoint.size > size || checkpoint.root.hex == backup.manifest.root else {
            throw ServiceError(
                .conflict, "forked",
                "The lock knows another tree of this size than the backup holds; do not use this backup.")
        }
    }

    /// Makes the surviving lock itself the lock of the restored log: should the old one still run, only one of the two
    /// can ever release a size, and the other finds itself behind.
    func share(as target: String) throws(ServiceError) {
        guard let resolved = unsafe realpath(path, nil) else { throw Home.failure("read", path) }
        defer { unsafe free(resolved) }
        if let there = unsafe realpath(target, nil) {
            defer { unsafe free(there) }
            guard unsafe strcmp(there, resolved) != 0 else { return }
            throw ServiceError(
                .conflict, "lock-exists", "\(target) is another lock already; name the surviving one by CXRLEDGER_LOCK."
            )
        }
        guard unsafe symlink(resolved, target) == 0 else { throw Home.failure("symlink", target) }
    }
}

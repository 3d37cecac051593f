import Glibc
import Ledger
import Storage

/// What the checkpoint lock of a log that must not go on says was acknowledged.
///
/// The note's signature is not verified here: whose key counts at its size, only the entries up to it tell.
struct LockedPromise {
    /// A note, and what it says.
    struct Signed {
        let note: String
        let checkpoint: Checkpoint
    }

    let signed: Signed
    var checkpoint: Checkpoint { signed.checkpoint }

    init(_ path: String) throws(ServiceError) {
        guard unsafe access(path, F_OK) == 0 else { throw .lockMissing }
        let found: (note: String?, damage: String?)
        do {
            let lock = try FileCheckpointLock(reading: path)
            found = (try lock.current(), try lock.damage())
        } catch { throw ServiceError(error) }
        guard found.damage == nil else {
            throw ServiceError(
                .unavailable, "lock-damaged",
                "\(path) is damaged, so it cannot say what was acknowledged last. Put a whole copy of the lock back (CXRLEDGER_LOCK)."
            )
        }
        guard let note = found.note, let checkpoint = try? Checkpoint(note: note) else { throw .lockMissing }
        signed = Signed(note: note, checkpoint: checkpoint)
    }
}

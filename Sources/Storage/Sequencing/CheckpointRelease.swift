import Dispatch
import Ledger

/// Signs and locks the checkpoint of what was committed; only then does anybody hear of it.
///
/// It waits for the disk, so it has a thread of its own.
final class CheckpointRelease: @unchecked Sendable {
    // @unchecked: `released` is touched only by jobs on `queue`, one at a time.
    private let lock: any CheckpointLock
    private let identity: LogIdentity
    private let queue = DispatchQueue(label: "cxrledger.checkpoint")
    private var released: (note: String, size: UInt64)?

    init(lock: any CheckpointLock, identity: LogIdentity) { (self.lock, self.identity) = (lock, identity) }

    /// The signed note over at least `head`, a state that was committed; nil when it could not be locked.
    func release(_ head: Head) async -> String? {
        await withCheckedContinuation { continuation in
            queue.async {
                // Whatever the reason is: these commands may have to be repeated.
                continuation.resume(returning: try? self.note(over: head))
            }
        }
    }

    private func note(over head: Head) throws(StorageError) -> String {
        if let released, released.size >= head.size { return released.note }
        let checkpoint = Checkpoint(origin: identity.origin, size: head.size, root: head.root)
        let note = checkpoint.sign(with: identity.checkpointSigner)
        try lock.advance(to: note, size: head.size)
        released = (note, head.size)
        return note
    }
}

import Concurrency
import Dispatch
import Ledger

/// Signs and locks the checkpoint of what was committed; only then does anybody hear of it.
///
/// It runs beside the next commit, on a queue of its own because it waits for the disk. When more than one batch waits,
/// one checkpoint over the last of them proves them all.
final class CheckpointRelease: Sendable {
    /// Called with the signed note, or with nil when it could not be locked.
    typealias Answer = @Sendable (String?) -> Void

    private let lock: any CheckpointLock
    private let identity: LogIdentity
    private let queue = DispatchQueue(label: "cxrledger.checkpoint")
    private let waiting = Locked<[(head: Head, answer: Answer)]>([])
    private let released = Locked<(note: String, size: UInt64)?>(nil)

    init(lock: any CheckpointLock, identity: LogIdentity) { (self.lock, self.identity) = (lock, identity) }

    /// Releases a checkpoint over at least `head`, a state that was committed.
    func release(_ head: Head, _ answer: @escaping Answer) {
        waiting.withLock { $0.append((head, answer)) }
        queue.async { self.releaseAll() }
    }

    private func releaseAll() {
        let batches = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard let last = batches.last else { return }  // an earlier round took them along
        let note = try? note(over: last.head)  // whatever the reason: these commands may have to be repeated
        for batch in batches { batch.answer(note) }
    }

    private func note(over head: Head) throws(StorageError) -> String {
        if let released = released.withLock({ $0 }), released.size >= head.size { return released.note }
        let checkpoint = Checkpoint(origin: identity.origin, size: head.size, root: head.root)
        let note = checkpoint.sign(with: identity.checkpointSigner)
        try lock.advance(to: note, size: head.size)
        released.withLock { $0 = (note, head.size) }
        return note
    }
}

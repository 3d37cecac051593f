import Concurrency
import Dispatch
import Ledger

/// Signs and locks the checkpoint of what was committed; only then does anybody hear of it.
///
/// It waits for the disk, so it has a thread of its own, and works beside the next commit: batches that were committed
/// in the meantime share one checkpoint.
final class CheckpointRelease: @unchecked Sendable {
    // @unchecked: `released` is touched only by jobs on `queue`, one at a time.
    typealias Answer = CheckedContinuation<Result<Receipt, AppendError>, Never>

    /// A batch in the log that its callers do not know of yet.
    private struct Committed {
        let plan: BatchPlan
        let answers: [Answer]
    }

    private let lock: any CheckpointLock
    private let identity: LogIdentity
    private let queue = DispatchQueue(label: "cxrledger.checkpoint")
    private let inbox = Locked<[Committed]>([])
    private var released: (note: String, size: UInt64)?

    init(lock: any CheckpointLock, identity: LogIdentity) { (self.lock, self.identity) = (lock, identity) }

    /// Answers the commands of a committed batch once a signed note over at least its state is locked.
    func release(_ plan: BatchPlan, answering answers: [Answer]) {
        let isFirst = inbox.withLock { inbox in
            inbox.append(Committed(plan: plan, answers: answers))
            return inbox.count == 1
        }
        if isFirst { queue.async { self.releaseAll() } }
    }

    private func releaseAll() {
        let batches = inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
        var note: String?
        // The last one covers those before it. Whatever the reason is that it cannot be locked: these commands may have
        // to be repeated.
        if let last = batches.last(where: { $0.plan.acknowledges }) { note = try? self.note(over: last.plan.head) }
        for batch in batches {
            for (answer, result) in zip(batch.answers, batch.plan.results(checkpoint: note)) {
                answer.resume(returning: result)
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

import Concurrency

/// Locks the checkpoint of what was committed; only then does anybody hear of it.
///
/// It waits for the disk, so it has a thread of its own, and works beside the next commit: batches that were committed
/// in the meantime share one checkpoint.
actor CheckpointRelease {
    typealias Answer = CheckedContinuation<Result<Receipt, AppendError>, Never>

    /// A batch in the log that its callers do not know of yet.
    private struct Committed {
        let plan: BatchPlan
        let answers: [Answer]
    }

    /// What the sequencer puts in without waiting for the actor.
    private struct Inbox {
        var batches: [Committed] = []
        var isDraining = false
    }

    private nonisolated let executor = SerialQueueExecutor(label: "cxrledger.checkpoint")
    private nonisolated let inbox = Locked(Inbox())
    private let lock: ProvenLock
    private let store: any EventStore

    private let observer: AppendStep.Observer

    init(lock: ProvenLock, store: any EventStore, observer: @escaping AppendStep.Observer) {
        (self.lock, self.store, self.observer) = (lock, store, observer)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Answers the commands of a committed batch once a signed note over at least its state is locked.
    nonisolated func release(_ plan: BatchPlan, answering answers: [Answer]) {
        let starts = inbox.withLock { inbox in
            inbox.batches.append(Committed(plan: plan, answers: answers))
            defer { inbox.isDraining = true }
            return !inbox.isDraining
        }
        if starts { Task { await drain() } }
    }

    private func drain() async {
        while let batches = next() {
            var note: String?
            // The last one covers those before it. Whatever the reason is that it cannot be locked: these commands may
            // have to be repeated.
            if let last = batches.last(where: { $0.plan.acknowledges }) {
                note = try? await lock.release(last.plan.head, signedBy: last.plan.checkpointSigner, of: store)
                if let note { observer(.locked(note: note)) }
            }
            for batch in batches {
                for (answer, result) in zip(batch.answers, batch.plan.results(checkpoint: note)) {
                    answer.resume(returning: result)
                    observer(.acknowledged)
                }
            }
        }
    }

    /// What was committed in the meantime; nil, and the draining ends, when nothing was.
    private func next() -> [Committed]? {
        inbox.withLock { inbox in
            defer { inbox.batches = [] }
            inbox.isDraining = !inbox.batches.isEmpty
            return inbox.isDraining ? inbox.batches : nil
        }
    }
}

import Concurrency
import Crypto
import Dispatch
public import Ledger

/// Gives every event its place: numbers, signs and commits whatever queued up while the previous commit ran.
///
/// One transaction holds entries, tree tiles, head and idempotency keys. After COMMIT the checkpoint is signed, the
/// lock advanced, and only then are the commands acknowledged: acknowledged means durable and provable.
public actor Sequencer {
    /// Bounds of one batch and of the queue.
    public struct Limits: Sendable {
        public var eventsPerBatch = 512
        public var bytesPerBatch = 1 << 20
        public var outstandingEvents = 4096

        public init() {}
    }

    /// Counters for metrics.
    public struct Gauges: Sendable {
        public var queued = 0
        public var batches = 0
        public var events = 0
        public var size: UInt64 = 0
    }

    private struct Waiting {
        let append: Append
        let bytes: Int
        let answer: CheckedContinuation<Result<Receipt, AppendError>, Never>
    }

    private let store: any EventStore
    private let lock: any CheckpointLock
    private let identity: LogIdentity
    private let limits: Limits
    private let now: @Sendable () -> Timestamp
    private var queue: [Waiting] = []
    private var outstanding = 0
    private var isDraining = false
    private var tree = TreeState.empty
    private var treeSize: UInt64 = 0
    private var lockedNote: String?
    private var lockedSize: UInt64 = 0
    private var committed: @Sendable (UInt64) -> Void = { _ in }
    public private(set) var gauges = Gauges()

    public init(
        store: any EventStore, lock: any CheckpointLock, identity: LogIdentity, limits: Limits = Limits(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        (self.store, self.lock, self.identity) = (store, lock, identity)
        (self.limits, self.now) = (limits, now)
    }

    /// Calls `body` with the new size after each commit of this process.
    public func onCommit(_ body: @escaping @Sendable (UInt64) -> Void) { committed = body }

    /// Records the events of one command, together with those of others, and answers when they are durable and proven.
    public func append(_ append: Append) async throws(AppendError) -> Receipt {
        guard outstanding + append.proposals.count <= limits.outstandingEvents else {
            throw .overloaded(retryAfterSeconds: 1)
        }
        outstanding += append.proposals.count
        defer { outstanding -= append.proposals.count }
        let result = await withCheckedContinuation { continuation in
            let bytes = append.proposals.reduce(0) { $0 + $1.draft.estimatedSize }
            queue.append(Waiting(append: append, bytes: bytes, answer: continuation))
            gauges.queued = queue.count
            if !isDraining {
                isDraining = true
                Task { await drain() }
            }
        }
        return try result.get()
    }

    private func drain() async {
        while !queue.isEmpty {
            let batch = takeBatch()
            let results = await commit(batch.map(\.append))
            for (waiting, result) in zip(batch, results) { waiting.answer.resume(returning: result) }
        }
        isDraining = false
    }

    /// Everything that queued up, in order of arrival, within the bounds of a batch.
    private func takeBatch() -> [Waiting] {
        var (count, events, bytes) = (0, 0, 0)
        for waiting in queue {
            events += waiting.append.proposals.count
            bytes += waiting.bytes
            guard count == 0 || (events <= limits.eventsPerBatch && bytes <= limits.bytesPerBatch) else { break }
            count += 1
        }
        let batch = Array(queue.prefix(count))
        queue.removeFirst(count)
        gauges.queued = queue.count
        return batch
    }

    private func commit(_ appends: [Append]) async -> [Result<Receipt, AppendError>] {
        let planner = BatchPlanner(
            appends: appends, identity: identity, lock: lock, now: now(), tree: tree, treeSize: treeSize)
        let planned = Locked<BatchPlan?>(nil)
        do {
            let plan = try await store.commit { reader throws(StorageError) in
                let plan = try planner.plan(reading: reader)
                planned.withLock { $0 = plan }
                return (plan.write, plan)
            }
            return release(plan)
        } catch {
            tree = .empty
            treeSize = 0
            guard error.code == .unavailable, let plan = planned.withLock({ $0 }), let write = plan.write else {
                return appends.map { _ in .failure(.store(error.code)) }
            }
            // The transaction may have been committed although its answer was an error: the head tells.
            guard let head = try? await store.read({ reader throws(StorageError) in try reader.head() }) else {
                return appends.map { _ in .failure(.outcomeUnknown) }
            }
            return head == write.head ? release(plan) : appends.map { _ in .failure(.store(error.code)) }
        }
    }

    /// Signs and locks the checkpoint of a committed batch; only then does anybody hear of it.
    private func release(_ plan: BatchPlan) -> [Result<Receipt, AppendError>] {
        guard let write = plan.write else { return plan.results(checkpoint: lockedNote ?? "") }
        (tree, treeSize) = (plan.tree, write.head.size)
        let checkpoint = Checkpoint(origin: identity.origin, size: write.head.size, root: write.head.root)
        let note = checkpoint.sign(with: identity.checkpointSigner)
        do { try lock.advance(to: note, size: write.head.size) } catch {
            // Committed but not released: nobody may rely on it yet. A repetition finds it by its idempotency key.
            return plan.results(checkpoint: note).map { _ in .failure(.outcomeUnknown) }
        }
        (lockedNote, lockedSize) = (note, write.head.size)
        gauges.batches += 1
        gauges.events += write.entries.count
        gauges.size = write.head.size
        committed(write.head.size)
        return plan.results(checkpoint: note)
    }
}

import Concurrency
import Crypto
import Dispatch
public import Ledger

/// Gives every event its place: commits whatever queued up while the previous commit ran.
///
/// Callers sign on their own threads. One transaction holds entries, tree tiles, head and idempotency keys; after COMMIT
/// the checkpoint is signed, the lock advanced, and only then are the commands acknowledged: acknowledged means durable
/// and provable. While one batch is committed, the checkpoint of the one before is locked and the next one is signed.
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
        /// Why the last batch could not be recorded, and when; nil when it was.
        public var trouble: (error: AppendError, at: Timestamp)?
    }

    private struct Waiting {
        let candidate: Candidate
        let answer: CheckpointRelease.Answer
    }

    /// What callers put in without waiting for the actor.
    private struct Inbox {
        var queue: [Waiting] = []
        /// Events that were not answered for yet.
        var outstanding = 0
        var isDraining = false
    }

    /// Its own thread: among the callers that sign, a commit would wait for its turn.
    private nonisolated let executor = SerialQueueExecutor(label: "cxrledger.sequencer")
    private nonisolated let store: any EventStore
    private nonisolated let lock: ProvenLock
    /// Which keys count, and those of them that are here.
    public nonisolated let keys: LogKeys
    private nonisolated let limits: Limits
    private nonisolated let now: @Sendable () -> Timestamp
    private nonisolated let observer: AppendStep.Observer
    private nonisolated let inbox = Locked(Inbox())
    private let checkpoints: CheckpointRelease
    private var tree = TreeState.empty
    private var foresight = Foresight()
    private var committed: @Sendable (UInt64) -> Void = { _ in }
    private var troubled: @Sendable (StorageError?) -> Void = { _ in }
    /// What the store said when it did not take the last batch.
    private var refusal: StorageError?
    private var counters = Gauges()

    /// Begins with an empty queue; the observer is told of each step that is done, and nothing waits for its opinion.
    public init(
        store: any EventStore, lock: any CheckpointLock, identity: LogIdentity, limits: Limits = Limits(),
        observer: @escaping AppendStep.Observer = { _ in }, now: @escaping @Sendable () -> Timestamp
    ) {
        (self.store, self.limits, self.now) = (store, limits, now)
        keys = LogKeys(identity)
        self.observer = observer
        self.lock = ProvenLock(lock, keys: keys, observer: observer)
        checkpoints = CheckpointRelease(lock: self.lock, store: store, observer: observer)
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// What was done so far, and what waits.
    public var gauges: Gauges {
        var gauges = counters
        gauges.queued = inbox.withLock { $0.queue.count }
        return gauges
    }

    /// Why nothing can be recorded at this moment, as far as the checkpoint lock decides it.
    public nonisolated func standing() async throws(StorageError) -> AppendError? {
        try await lock.standing(in: store)
    }

    /// Calls `body` with the new size after each commit of this process.
    public func onCommit(_ body: @escaping @Sendable (UInt64) -> Void) { committed = body }

    /// Calls `body` with what the store said when it takes no more batches, and with nil when it takes them again.
    public func onTrouble(_ body: @escaping @Sendable (StorageError?) -> Void) { troubled = body }

    /// Records the events of one command, together with those of others, and answers when they are durable and proven.
    public nonisolated func append(_ append: Append) async throws(AppendError) -> Receipt {
        let count = append.proposals.count
        let isAdmitted = inbox.withLock { inbox in
            guard inbox.outstanding + count <= limits.outstandingEvents else { return false }
            inbox.outstanding += count
            return true
        }
        guard isAdmitted else { throw .overloaded(retryAfterSeconds: 1) }
        defer { inbox.withLock { $0.outstanding -= count } }
        let candidate = Candidate(append, keys: keys, acceptedAt: now())
        let result = await withCheckedContinuation { continuation in
            let starts = inbox.withLock { inbox in
                inbox.queue.append(Waiting(candidate: candidate, answer: continuation))
                defer { inbox.isDraining = true }
                return !inbox.isDraining
            }
            if starts { Task { await drain() } }
        }
        return try result.get()
    }

    private func drain() async {
        repeat {
            let batch = takeBatch()
            do throws(AppendError) {
                let plan = try await commit(batch.map(\.candidate))
                if counters.trouble != nil { troubled(nil) }
                counters.trouble = nil
                checkpoints.release(plan, answering: batch.map(\.answer))
            } catch {
                if counters.trouble == nil, let refusal { troubled(refusal) }
                counters.trouble = (error, now())
                for waiting in batch { waiting.answer.resume(returning: .failure(error)) }
            }
        } while continues()
    }

    /// Whether somebody waits; the draining ends when nobody does.
    private func continues() -> Bool {
        inbox.withLock { inbox in
            inbox.isDraining = !inbox.queue.isEmpty
            return inbox.isDraining
        }
    }

    /// A batch of so many events is not made smaller.
    private static let smallBatch = 8

    /// What queued up, in order of arrival, within the bounds of a batch.
    private func takeBatch() -> [Waiting] {
        inbox.withLock { inbox in
            // While one half of the callers waits for a server, the other half signs.
            let half = store.isRemote ? max(Self.smallBatch, inbox.outstanding / 2) : .max
            let share = min(limits.eventsPerBatch, half)
            var (count, events, bytes) = (0, 0, 0)
            for waiting in inbox.queue {
                events += waiting.candidate.append.proposals.count
                bytes += waiting.candidate.estimatedSize
                guard count == 0 || (events <= share && bytes <= limits.bytesPerBatch) else { break }
                count += 1
            }
            defer { inbox.queue.removeFirst(count) }
            // Two callers may have entered the queue the other way round than they looked at the clock.
            return inbox.queue.prefix(count).sorted { $0.candidate.acceptedAt < $1.candidate.acceptedAt }
        }
    }

    private func commit(_ candidates: [Candidate]) async throws(AppendError) -> BatchPlan {
        let ahead = try await commitAhead(candidates)
        if let ahead, ahead.isCommitted { return ahead.plan }
        let planner = BatchPlanner(candidates: candidates, keys: keys, lock: lock, tree: tree)
        let planned = Locked<BatchPlan?>(nil)
        do {
            let plan = try await store.commit { [observer] reader throws(StorageError) in
                // Whoever holds the turn knows what was committed. What was not fails as soon as the head moves.
                if let plan = ahead?.plan, try plan.isStored(in: reader) {
                    planned.withLock { $0 = plan }
                    return (nil, plan)
                }
                let plan = try planner.plan(reading: reader)
                if let ahead, ahead.plan.start == plan.start, plan.write == nil { throw StorageError(.unavailable) }
                planned.withLock { $0 = plan }
                if plan.write != nil { observer(.planned) }
                return (plan.write, plan)
            }
            if plan.write != nil { observer(.committed) }
            note(plan)
            return plan
        } catch {
            forget()
            refusal = error
            guard error.code == .unavailable, let plan = planned.withLock({ $0 }), plan.write != nil else {
                throw ahead == nil ? .store(error.code) : .outcomeUnknown
            }
            // The transaction may have been committed although its answer was an error, or still be under way, which who
            // has the turn would wait for. Not the head tells, which others may have moved on since, but the entries.
            let isStored: Bool
            do {
                isStored = try await store.commit { reader throws(StorageError) in (nil, try plan.isStored(in: reader))
                }
            } catch { throw .outcomeUnknown }
            guard isStored else { throw ahead == nil ? .store(error.code) : .outcomeUnknown }
            note(plan)
            return plan
        }
    }

    /// Plans upon what is foreseen, and commits that in one trip.
    ///
    /// - Returns: the plan, and whether it is known to be committed; nil when nothing was written, and the log has to be asked.
    private func commitAhead(
        _ candidates: [Candidate]
    ) async throws(AppendError) -> (plan: BatchPlan, isCommitted: Bool)? {
        guard store.isRemote, let head = foresight.head, let reader = foresight.reader(for: candidates) else {
            return nil
        }
        let planner = BatchPlanner(candidates: candidates, keys: keys, lock: lock, tree: tree)
        // Whatever was not foreseen, and whoever is to be refused: the log decides.
        guard let plan = try? planner.plan(reading: reader), let write = plan.write, plan.isWhole else { return nil }
        observer(.planned)
        do {
            guard try await store.commit(write, upon: head) else {
                forget()
                return nil
            }
        } catch {
            forget()
            refusal = error
            guard error.code == .unavailable else { throw .store(error.code) }
            return (plan, false)
        }
        observer(.committed)
        note(plan)
        return (plan, true)
    }

    private func note(_ plan: BatchPlan) {
        let isFollowed = plan.start == foresight.head
        tree = plan.tree
        guard let write = plan.write else { return }
        foresight.note(write, isFollowed: isFollowed)
        counters.batches += 1
        counters.events += write.entries.count
        counters.size = write.head.size
        committed(write.head.size)
    }

    private func forget() {
        tree = .empty
        foresight.forget()
    }
}

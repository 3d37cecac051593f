import Concurrency
import Ledger
import Storage
import StorageTestSupport

/// A log with its certified keys, a lock, and sequencers that append to it.
struct SequencerBench: Sendable {
    let log = TestLog()
    let site: any StorageSite
    let store: any EventStore
    let lock: any CheckpointLock
    let clock = TestClock()
    let sequencer: Sequencer

    init(
        _ backend: Backend, limits: Sequencer.Limits = .init(), lock: any CheckpointLock = MemoryCheckpointLock()
    ) async throws {
        site = try backend.makeSite()
        store = try site.openLog(log.origin)
        self.lock = lock
        sequencer = Sequencer(store: store, lock: lock, identity: log.identity, limits: limits, now: clock.now)
        _ = try await sequencer.append(log.certification)
    }

    /// What another process would have: its own connection and sequencer, the same log and lock.
    func another(
        store: (any EventStore)? = nil, lock: (any CheckpointLock)? = nil, limits: Sequencer.Limits = .init()
    ) throws -> Sequencer {
        Sequencer(
            store: try store ?? site.openLog(log.origin), lock: lock ?? self.lock, identity: log.identity,
            limits: limits, now: clock.now)
    }

    /// The log as it was at an earlier size, in a store of its own: what the restore of an old backup brings back.
    func copy(on backend: Backend, upTo size: Int = .max) async throws -> any EventStore {
        let copy = try backend.makeSite().openLog(log.origin)
        let (entries, idempotency) = try await store.read { reader throws(StorageError) in
            (
                try reader.entries(from: 0, limit: size),
                try reader.idempotencyRecords(in: 0..<UInt64(clamping: size))
            )
        }
        var frontier = TileFrontier()
        let tiles = frontier.append(entries.map { Entry.hash($0.bytes) })
        let last = try entries.last.map { try Envelope(parsing: Entry(decoding: $0.bytes).envelope) }
        let head = Head(
            size: frontier.size, root: frontier.root, epoch: UInt64(entries.count(where: \.isControl)),
            recordedAt: last?.recordedAt.microseconds ?? 0)
        let write = BatchWrite(entries: entries, tiles: tiles, idempotency: idempotency, head: head)
        try await copy.commit { _ throws(StorageError) in (write, ()) }
        return copy
    }

    func audit() async throws -> LogAudit { try await LogAudit(store, of: log, lock: lock) }

    /// Runs the commands so that all of them stand in the queue of a fresh sequencer before one is committed.
    ///
    /// - Returns: what each heard, and how many commits there were besides that of an event to wait behind.
    func together(
        _ appends: [Append], limits: Sequencer.Limits = .init()
    ) async throws -> (results: [Result<Receipt, AppendError>], commits: Int) {
        let gated = GatedStore(try site.openLog(log.origin))
        let sequencer = try another(store: gated, limits: limits)
        async let first = sequencer.append(log.append(to: "before"))
        await gated.arrived.received()
        let results = Locked<[Int: Result<Receipt, AppendError>]>([:])
        await withTaskGroup(of: Void.self) { group in
            for (number, append) in appends.enumerated() {
                group.addTask {
                    let result: Result<Receipt, AppendError>
                    do throws(AppendError) { result = .success(try await sequencer.append(append)) } catch {
                        result = .failure(error)
                    }
                    results.withLock { $0[number] = result }
                }
                // One after the other, so that the order of arrival is known.
                while await sequencer.gauges.queued <= number, results.withLock({ $0[number] }) == nil {
                    await Task.yield()
                }
            }
            gated.open()
        }
        _ = try await first
        let all = results.withLock { results in appends.indices.compactMap { results[$0] } }
        return (all, gated.count - 1)
    }
}

extension Result where Success == Receipt, Failure == AppendError {
    var receipt: Receipt? { try? get() }
    var refusal: AppendError? { if case .failure(let error) = self { error } else { nil } }
}

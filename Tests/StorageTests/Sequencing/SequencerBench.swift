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

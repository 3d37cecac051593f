import Concurrency
import Storage

/// A store as if it were far away: counts the batches that it was asked about, and those that were made without asking, which
/// may fail.
final class RemoteStore: EventStore {
    enum Failure { case refused, before, after }

    struct Counts: Equatable {
        var asked = 0
        var foreseen = 0
    }

    private let store: any EventStore
    private let state = Locked<(counts: Counts, failure: Failure?)>((Counts(), nil))

    init(_ store: any EventStore) { self.store = store }

    var origin: String { store.origin }
    var isRemote: Bool { true }
    var counts: Counts { state.withLock { $0.counts } }

    /// The next batch that is made without asking fails, before or after it was committed.
    func fail(_ failure: Failure) { state.withLock { $0.failure = failure } }

    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        state.withLock { $0.counts.asked += 1 }
        return try await store.commit(body)
    }

    func commit(_ batch: BatchWrite, upon head: Head) async throws(StorageError) -> Bool {
        let failure = state.withLock { state in
            defer { state.failure = nil }
            state.counts.foreseen += 1
            return state.failure
        }
        if failure == .refused { return false }
        if failure == .before { throw StorageError(.unavailable) }
        let isDone = try await store.commit(batch, upon: head)
        if failure == .after { throw StorageError(.unavailable) }
        return isDone
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result { try await store.read(body) }

    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await store.hasGrown(beyond: size, within: limit)
    }
}

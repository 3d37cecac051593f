import Concurrency
import Storage

/// A store that fails at chosen points until it relents: `begin`, `write`, `answer` of a commit, `look` of one that writes
/// nothing, or `read`.
final class NamedFault: EventStore {
    private let store: any EventStore
    private let failing: Locked<Set<String>>
    private let committed: @Sendable () async throws -> Void

    /// `committed` runs after each commit until the store relents, before its answer is lost.
    init(
        _ store: any EventStore, failing: String..., committed: @escaping @Sendable () async throws -> Void = {}
    ) {
        (self.store, self.failing, self.committed) = (store, Locked(Set(failing)), committed)
    }

    var origin: String { store.origin }

    var isRemote: Bool { store.isRemote }

    func commit(_ batch: BatchWrite, upon head: Head) async throws(StorageError) -> Bool {
        try await store.commit(batch, upon: head)
    }

    func fail(_ point: String) { failing.withLock { $0 = [point] } }

    func relent() { failing.withLock { $0 = [] } }

    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        try pass("begin")
        let writes = Locked(false)
        let result = try await store.commit { reader throws(StorageError) in
            let planned = try body(reader)
            writes.withLock { $0 = planned.write != nil }
            try self.pass(planned.write == nil ? "look" : "write")
            return planned
        }
        guard writes.withLock({ $0 }) else { return result }
        if failing.withLock({ !$0.isEmpty }) { try? await committed() }  // what it did is looked at by the test
        try pass("answer")
        return result
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        try pass("read")
        return try await store.read(body)
    }

    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await store.hasGrown(beyond: size, within: limit)
    }

    private func pass(_ point: String) throws(StorageError) {
        if failing.withLock({ $0.contains(point) }) { throw StorageError(.unavailable, detail: point) }
    }
}

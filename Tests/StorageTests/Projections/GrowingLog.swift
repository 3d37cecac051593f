import Storage

/// A log that others add to whenever it is read.
struct GrowingLog: EventStore {
    private let store: any EventStore
    private let grow: @Sendable () async throws -> Void

    init(_ store: any EventStore, grow: @escaping @Sendable () async throws -> Void) {
        (self.store, self.grow) = (store, grow)
    }

    var origin: String { store.origin }

    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result { try await store.commit(body) }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        do { try await grow() } catch { throw StorageError(.unavailable, detail: "\(error)") }
        return try await store.read(body)
    }

    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool { true }
}

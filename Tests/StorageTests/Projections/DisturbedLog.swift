import Storage

/// A log before each reading of which something else happens.
struct DisturbedLog: EventStore {
    private let store: any EventStore
    private let happens: @Sendable () async throws -> Void

    init(_ store: any EventStore, happens: @escaping @Sendable () async throws -> Void) {
        (self.store, self.happens) = (store, happens)
    }

    var origin: String { store.origin }

    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result { try await store.commit(body) }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        do { try await happens() } catch { throw StorageError(.unavailable, detail: "\(error)") }
        return try await store.read(body)
    }

    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool { true }
}

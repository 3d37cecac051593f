import Concurrency
public import Storage

/// A store whose commits wait until somebody opens the gate, so that commands queue up behind one.
public final class GatedStore: EventStore {
    private let store: any EventStore
    private let gate = Signal()
    private let commits = Locked(0)
    /// Sent when the first commit has come to the gate.
    public let arrived = Signal()

    public init(_ store: any EventStore) { self.store = store }

    public var origin: String { store.origin }
    public var isRemote: Bool { store.isRemote }

    /// How many commits came by.
    public var count: Int { commits.withLock { $0 } }

    public func open() { gate.send() }

    public func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        commits.withLock { $0 += 1 }
        arrived.send()
        await gate.received()
        return try await store.commit(body)
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result { try await store.read(body) }

    public func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await store.hasGrown(beyond: size, within: limit)
    }
}

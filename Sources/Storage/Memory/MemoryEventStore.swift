import Concurrency
import Ledger

/// A log in memory: the behaviour that the other stores are measured by, without their durability.
///
/// Readers work on a copy of the state as it was; writers take turns.
public final class MemoryEventStore: EventStore {
    public let origin: String
    private let fence = Locked(())
    private let log = Locked(MemoryLog())
    private let growth = GrowthWatch()

    /// An empty log.
    public init(origin: String) { self.origin = origin }

    public func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        try fence.withLock { _ throws(StorageError) in
            let (write, result) = try body(log.withLock { $0 })
            if let write {
                try log.withLock { log throws(StorageError) in try log.add(write) }
                growth.tell(write.head.size)
            }
            return result
        }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result { try body(log.withLock { $0 }) }

    public func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await growth.hasGrown(beyond: size, within: limit)
    }
}

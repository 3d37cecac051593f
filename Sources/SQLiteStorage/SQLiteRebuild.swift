import Concurrency
import Storage

/// Fresh tables in the file of the live ones; their position counts the steps in which they were filled, from a number on
/// that is nobody else's, so that two who rebuild the same projection notice each other.
final class SQLiteRebuild: ProjectionRebuild {
    private let projection: any FollowingProjection
    private let store: SQLiteProjectionStore
    private let steps: Locked<UInt64>

    init(_ projection: any FollowingProjection, in store: SQLiteProjectionStore, from step: UInt64) {
        (self.projection, self.store, steps) = (projection, store, Locked(step))
    }

    func fill(_ changes: [TableChange]) async throws(StorageError) {
        let step = steps.withLock { $0 }
        guard try await store.apply(changes, to: projection, .rebuilt, from: step, to: step + 1) else {
            throw StorageError(.unavailable, detail: "\(projection.name) is rebuilt elsewhere")
        }
        steps.withLock { $0 += 1 }
    }

    func finish(at position: UInt64) async throws(StorageError) -> ProjectionState {
        try await store.swap(projection, after: steps.withLock { $0 }, at: position)
        return try await store.state(projection)
    }

    func discard() async throws(StorageError) { try await store.discard(projection, after: steps.withLock { $0 }) }
}

import Concurrency
import Crypto

/// Tables of following projections in memory.
public final class MemoryProjectionStore: ProjectionStore {
    fileprivate struct State {
        var positions: [String: (version: Int, position: UInt64)] = [:]
        var tables: [String: MemoryTable] = [:]
    }

    fileprivate let state = Locked(State())

    public init() {}

    public func prepare(_ projection: any FollowingProjection) async throws(StorageError) {
        state.withLock { state in
            guard state.positions[projection.name]?.version != projection.version else { return }
            for table in projection.tables { state.tables[table.name] = MemoryTable(table) }
            state.positions[projection.name] = (projection.version, 0)
        }
    }

    public func position(_ projection: any FollowingProjection) async throws(StorageError) -> UInt64 {
        state.withLock { $0.positions[projection.name]?.position ?? 0 }
    }

    public func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool {
        try state.withLock { state throws(StorageError) in
            guard let known = state.positions[projection.name], known.position == position else { return false }
            state.tables = try state.tables.applying(changes)
            state.positions[projection.name] = (known.version, next)
            return true
        }
    }

    public func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]] {
        state.withLock { $0.tables[query.table.name] }?.rows(query) ?? []
    }

    public func state(_ projection: any FollowingProjection) async throws(StorageError) -> ProjectionState {
        let state = state.withLock { $0 }
        var digest = RowDigest()
        for table in projection.tables {
            digest.begin(table.name)
            state.tables[table.name]?.rowsByKey.forEach { digest.add($0) }
        }
        let position = state.positions[projection.name]?.position ?? 0
        return ProjectionState(projection, position: position, rows: digest.rows, digest: digest.finish())
    }

    public func rebuild(_ projection: any FollowingProjection) async throws(StorageError) -> any ProjectionRebuild {
        MemoryRebuild(projection, in: self)
    }
}

/// Tables that nobody else sees until they are put in their place.
private final class MemoryRebuild: ProjectionRebuild {
    private let projection: any FollowingProjection
    private let store: MemoryProjectionStore
    private let tables: Locked<[String: MemoryTable]>

    init(_ projection: any FollowingProjection, in store: MemoryProjectionStore) {
        (self.projection, self.store) = (projection, store)
        tables = Locked(Dictionary(uniqueKeysWithValues: projection.tables.map { ($0.name, MemoryTable($0)) }))
    }

    func fill(_ changes: [TableChange]) async throws(StorageError) {
        try tables.withLock { tables throws(StorageError) in tables = try tables.applying(changes) }
    }

    func finish(at position: UInt64) async throws(StorageError) -> ProjectionState {
        let tables = tables.withLock { $0 }
        store.state.withLock { state in
            state.tables.merge(tables) { $1 }
            state.positions[projection.name] = (projection.version, position)
        }
        return try await store.state(projection)
    }

    func discard() async throws(StorageError) { tables.withLock { $0 = [:] } }
}

extension [String: MemoryTable] {
    /// The tables after some changes.
    fileprivate func applying(_ changes: [TableChange]) throws(StorageError) -> Self {
        var tables = self
        for change in changes { try tables[change.table]?.apply(change) }
        return tables
    }
}

import Concurrency
import Crypto

/// Tables of following projections in memory.
public final class MemoryProjectionStore: ProjectionStore {
    private struct Name: Hashable {
        let name: String
        let generation: ProjectionGeneration
    }

    private struct State {
        var positions: [Name: (version: Int, position: UInt64)] = [:]
        var tables: [Name: MemoryTable] = [:]

        mutating func drop(_ projection: any FollowingProjection, _ generation: ProjectionGeneration) {
            for table in projection.tables { tables[Name(name: table.name, generation: generation)] = nil }
            positions[Name(name: projection.name, generation: generation)] = nil
        }
    }

    private let state = Locked(State())

    public init() {}

    public func prepare(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration
    ) async throws(StorageError) {
        state.withLock { state in
            let name = Name(name: projection.name, generation: generation)
            guard state.positions[name]?.version != projection.version else { return }
            state.drop(projection, generation)
            for table in projection.tables {
                state.tables[Name(name: table.name, generation: generation)] = MemoryTable(table)
            }
            state.positions[name] = (projection.version, 0)
        }
    }

    public func position(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration
    ) async throws(StorageError) -> UInt64 {
        state.withLock { $0.positions[Name(name: projection.name, generation: generation)]?.position ?? 0 }
    }

    public func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, _ generation: ProjectionGeneration,
        from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool {
        try state.withLock { state throws(StorageError) in
            let name = Name(name: projection.name, generation: generation)
            guard let known = state.positions[name], known.position == position else { return false }
            var tables = state.tables
            for change in changes {
                let table = Name(name: change.table, generation: generation)
                try tables[table]?.apply(change)
            }
            state.tables = tables
            state.positions[name] = (known.version, next)
            return true
        }
    }

    public func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]] {
        state.withLock { $0.tables[Name(name: query.table.name, generation: .live)] }?.rows(query) ?? []
    }

    public func state(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration
    ) async throws(StorageError) -> ProjectionState {
        let state = state.withLock { $0 }
        var digest = RowDigest()
        for table in projection.tables {
            digest.begin(table.name)
            state.tables[Name(name: table.name, generation: generation)]?.rowsByKey.forEach { digest.add($0) }
        }
        let position = state.positions[Name(name: projection.name, generation: generation)]?.position ?? 0
        return ProjectionState(projection, position: position, rows: digest.rows, digest: digest.finish())
    }

    public func discard(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration
    ) async throws(StorageError) {
        state.withLock { $0.drop(projection, generation) }
    }

    public func swap(_ projection: any FollowingProjection) async throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            let (rebuilt, live) = (
                Name(name: projection.name, generation: .rebuilt), Name(name: projection.name, generation: .live)
            )
            guard let position = state.positions[rebuilt] else {
                throw StorageError(.unavailable, detail: "nothing was rebuilt")
            }
            for table in projection.tables {
                let name = Name(name: table.name, generation: .live)
                state.tables[name] = state.tables[Name(name: table.name, generation: .rebuilt)]
            }
            state.drop(projection, .rebuilt)
            state.positions[live] = position
        }
    }
}

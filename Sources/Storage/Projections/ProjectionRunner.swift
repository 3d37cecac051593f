import Concurrency
public import Crypto

/// Keeps the following projections up with the log, and rebuilds them.
///
/// Any number of processes may run one: each step is applied only where the last one ended.
public actor ProjectionRunner {
    /// How far one projection has come.
    public struct Progress: Sendable {
        public let projection: String
        public let position: UInt64
        public let size: UInt64
    }

    /// A finished rebuild.
    public struct Rebuilt: Sendable {
        public let projection: String
        public let position: UInt64
        public let rows: Int
        public let digest: Digest
    }

    private static let chunk = 2_000
    private let log: any EventStore
    private let store: any ProjectionStore
    public nonisolated let projections: [any FollowingProjection]
    private var isPrepared = false
    private var isCatchingUp = false
    private var wanted = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Projections stopped by an event they could not take, by name, with the reason.
    public private(set) var stopped: [String: String] = [:]

    public init(log: any EventStore, store: any ProjectionStore, projections: [any FollowingProjection]) {
        (self.log, self.store, self.projections) = (log, store, projections)
    }

    /// Brings every projection to the end of the log as it is now.
    ///
    /// A call during another one makes that one look again, and waits for it.
    public func catchUp() async throws(StorageError) {
        wanted = true
        if isCatchingUp { return await withCheckedContinuation { waiting.append($0) } }
        isCatchingUp = true
        defer {
            isCatchingUp = false
            for caller in waiting { caller.resume() }
            waiting = []
        }
        if !isPrepared {
            for projection in projections { try await store.prepare(projection, .live) }
            isPrepared = true
        }
        while wanted {
            wanted = false
            for projection in projections where stopped[projection.name] == nil {
                try await follow(projection, .live) { _ in }
            }
        }
    }

    /// The lowest position of all projections: what a query may rely on.
    public func position() async throws(StorageError) -> UInt64 {
        var lowest = UInt64.max
        for projection in projections { lowest = min(lowest, try await store.position(projection, .live)) }
        return lowest
    }

    /// Folds the log again into fresh tables and puts them in the place of the live ones.
    public func rebuild(
        _ report: @escaping @Sendable (Progress) -> Void
    ) async throws(StorageError) -> [Rebuilt] {
        var results: [Rebuilt] = []
        for projection in projections {
            try await store.prepare(projection, .live)
            try await store.discard(projection, .rebuilt)
            try await store.prepare(projection, .rebuilt)
            try await follow(projection, .rebuilt, report)
            try await store.swap(projection)
            stopped[projection.name] = nil
            let (digest, rows) = try await store.digest(projection, .live)
            let position = try await store.position(projection, .live)
            results.append(Rebuilt(projection: projection.name, position: position, rows: rows, digest: digest))
        }
        return results
    }

    /// The digest of every live projection with the position it belongs to.
    public func digests() async throws(StorageError) -> [Rebuilt] {
        var results: [Rebuilt] = []
        for projection in projections {
            try await store.prepare(projection, .live)
            let (digest, rows) = try await store.digest(projection, .live)
            let position = try await store.position(projection, .live)
            results.append(Rebuilt(projection: projection.name, position: position, rows: rows, digest: digest))
        }
        return results
    }

    private func follow(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration,
        _ report: (Progress) -> Void
    ) async throws(StorageError) {
        while true {
            let position = try await store.position(projection, generation)
            let (entries, size) = try await log.read { reader throws(StorageError) in
                (try reader.entries(from: position, limit: Self.chunk), try reader.head()?.size ?? 0)
            }
            report(Progress(projection: projection.name, position: position, size: size))
            guard !entries.isEmpty else { return }
            var changes: [TableChange] = []
            for (offset, entry) in entries.enumerated() {
                guard entry.index == position + UInt64(offset) else {
                    throw StorageError(.corrupt, detail: "a hole before index \(entry.index)")
                }
                do { changes += projection.changes(for: try LoggedEvent(entry)) } catch {
                    stopped[projection.name] = "event \(entry.index) cannot be read"
                    throw error
                }
            }
            let next = position + UInt64(entries.count)
            _ = try await store.apply(changes, to: projection, generation, from: position, to: next)
        }
    }
}

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

    private static let chunk = 2_000
    private let log: any EventStore
    private let store: any ProjectionStore
    public nonisolated let projections: [any FollowingProjection]
    private var prepared: Set<String> = []
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
    /// A call during another one makes that one look again, and waits for it. A projection that cannot take an event is
    /// stopped there, and only it; a store that does not answer is an error, after the others have had their turn.
    public func catchUp() async throws(StorageError) {
        wanted = true
        if isCatchingUp { return await withCheckedContinuation { waiting.append($0) } }
        isCatchingUp = true
        defer {
            isCatchingUp = false
            for caller in waiting { caller.resume() }
            waiting = []
        }
        while wanted {
            wanted = false
            var failure: StorageError?
            for projection in projections where stopped[projection.name] == nil {
                do throws(StorageError) { stopped[projection.name] = try await followLive(projection) } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
        }
    }

    /// The lowest position of all projections: what a query may rely on.
    public func position() async throws(StorageError) -> UInt64 {
        var lowest = UInt64.max
        for projection in projections { lowest = min(lowest, try await store.position(projection, .live)) }
        return lowest
    }

    /// Folds the log again into fresh tables and puts them in the place of the live ones.
    ///
    /// - Throws: the first failure; what it happened to keeps its live tables, the others are rebuilt nevertheless.
    public func rebuild(
        _ report: @escaping @Sendable (Progress) -> Void
    ) async throws(StorageError) -> [ProjectionState] {
        var results: [ProjectionState] = []
        var failure: StorageError?
        for projection in projections {
            do throws(StorageError) { results.append(try await rebuild(projection, report)) } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return results
    }

    /// Every live projection as it stands.
    public func states() async throws(StorageError) -> [ProjectionState] {
        var results: [ProjectionState] = []
        for projection in projections {
            try await store.prepare(projection, .live)
            results.append(try await store.state(projection, .live))
        }
        return results
    }

    private func rebuild(
        _ projection: any FollowingProjection, _ report: @escaping @Sendable (Progress) -> Void
    ) async throws(StorageError) -> ProjectionState {
        try await store.prepare(projection, .live)
        try await store.discard(projection, .rebuilt)
        try await store.prepare(projection, .rebuilt)
        if let reason = try await follow(projection, .rebuilt, report) {
            throw StorageError(.corrupt, detail: "\(projection.name): \(reason)")
        }
        try await store.swap(projection)
        stopped[projection.name] = nil
        return try await store.state(projection, .live)
    }

    private func followLive(_ projection: any FollowingProjection) async throws(StorageError) -> String? {
        if !prepared.contains(projection.name) {
            try await store.prepare(projection, .live)
            prepared.insert(projection.name)
        }
        return try await follow(projection, .live) { _ in }
    }

    /// Folds what the log has beyond a projection's position, up to the end or to an event that it cannot take.
    ///
    /// - Returns: why it stopped before the end; nil at the end.
    private func follow(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration,
        _ report: (Progress) -> Void
    ) async throws(StorageError) -> String? {
        var limit = Self.chunk
        while true {
            let position = try await store.position(projection, generation)
            let (entries, size) = try await log.read { [limit] reader throws(StorageError) in
                (try reader.entries(from: position, limit: limit), try reader.head()?.size ?? 0)
            }
            report(Progress(projection: projection.name, position: position, size: size))
            guard !entries.isEmpty else { return nil }
            let (changes, next, reason) = fold(entries, from: position, into: projection)
            // The events before the one that cannot be read are applied first; the next round stops at it.
            if next == position { return reason }
            do throws(StorageError) {
                if try await store.apply(changes, to: projection, generation, from: position, to: next) { continue }
            } catch {
                guard error.code == .corrupt else { throw error }
                if limit == 1 { return "event \(position) cannot be applied" }
                limit = 1  // one by one, to find which it is
                continue
            }
            // Another process was quicker, or took the tables away.
            guard try await store.position(projection, generation) != position else {
                throw StorageError(.unavailable, detail: "\(projection.name) is rebuilt elsewhere")
            }
        }
    }

    /// The changes of events up to the first that cannot be read, and which event comes next.
    private func fold(
        _ entries: [StoredEntry], from position: UInt64, into projection: any FollowingProjection
    ) -> (changes: [TableChange], next: UInt64, reason: String?) {
        var (changes, next) = ([TableChange](), position)
        for entry in entries {
            guard entry.index == next else { return (changes, next, "event \(next) is missing") }
            do { changes += projection.changes(for: try LoggedEvent(entry)) } catch {
                return (changes, next, "event \(entry.index) cannot be read")
            }
            next += 1
        }
        return (changes, next, nil)
    }
}

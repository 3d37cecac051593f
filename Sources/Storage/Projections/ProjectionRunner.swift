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

    private let log: any EventStore
    private let store: any ProjectionStore
    public nonisolated let projections: [any FollowingProjection]
    private var prepared: Set<String> = []
    private var isCatchingUp = false
    private var wanted = false
    private var waiting: [CheckedContinuation<Result<Void, StorageError>, Never>] = []
    /// Projections stopped by an event they could not take, by name, with the reason.
    public private(set) var stopped: [String: String] = [:]

    public init(log: any EventStore, store: any ProjectionStore, projections: [any FollowingProjection]) {
        (self.log, self.store, self.projections) = (log, store, projections)
    }

    /// Brings every projection to the end of the log as it is now.
    ///
    /// A call during another one makes that one look again, and hears what it hears. A projection that cannot take an
    /// event is stopped there, and only it; a store that does not answer is an error, after the others have had their
    /// turn.
    public func catchUp() async throws(StorageError) {
        wanted = true
        if isCatchingUp { return try await withCheckedContinuation { waiting.append($0) }.get() }
        isCatchingUp = true
        var result = Result<Void, StorageError>.success(())
        do throws(StorageError) {
            while wanted {
                wanted = false
                try await followLive()
            }
        } catch { result = .failure(error) }
        isCatchingUp = false
        for caller in waiting { caller.resume(returning: result) }
        waiting = []
        try result.get()
    }

    private func followLive() async throws(StorageError) {
        var following: [any FollowingProjection] = []
        var failure: StorageError?
        for projection in projections where stopped[projection.name] == nil {
            do throws(StorageError) {
                if !prepared.contains(projection.name) { try await store.prepare(projection, .live) }
                prepared.insert(projection.name)
                following.append(projection)
            } catch { failure = failure ?? error }
        }
        let outcomes = await ProjectionPass(log: log, store: store, .live).run(following) { _ in }
        for (projection, outcome) in zip(following, outcomes) {
            switch outcome {
            case .end: break
            case .stopped(let reason): stopped[projection.name] = reason
            case .failed(let error): failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// How many events one projection has seen.
    public func position(of projection: some FollowingProjection) async throws(StorageError) -> UInt64 {
        try await store.position(projection, .live)
    }

    /// The lowest position of all projections.
    public func position() async throws(StorageError) -> UInt64 {
        var lowest = UInt64.max
        for projection in projections { lowest = min(lowest, try await store.position(projection, .live)) }
        return lowest
    }

    /// Folds the log again into fresh tables and puts them in the place of the live ones.
    ///
    /// - Parameter names: of the projections; nil for all.
    /// - Throws: the first failure; what it happened to keeps its live tables, the others are rebuilt nevertheless.
    public func rebuild(
        only names: Set<String>? = nil, _ report: @escaping @Sendable (Progress) -> Void
    ) async throws(StorageError) -> [ProjectionState] {
        var (states, failure): ([ProjectionState], StorageError?) = ([], nil)
        var following: [any FollowingProjection] = []
        for projection in projections where names?.contains(projection.name) ?? true {
            do throws(StorageError) {
                try await store.prepare(projection, .live)
                try await store.discard(projection, .rebuilt)
                try await store.prepare(projection, .rebuilt)
                following.append(projection)
            } catch { failure = failure ?? error }
        }
        let outcomes = await ProjectionPass(log: log, store: store, .rebuilt).run(following, report)
        for (projection, outcome) in zip(following, outcomes) {
            do throws(StorageError) {
                switch outcome {
                case .end: states.append(try await swap(projection))
                case .stopped(let reason): throw StorageError(.corrupt, detail: "\(projection.name): \(reason)")
                case .failed(let error): throw error
                }
            } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        return states
    }

    private func swap(_ projection: any FollowingProjection) async throws(StorageError) -> ProjectionState {
        try await store.swap(projection)
        stopped[projection.name] = nil
        return try await store.state(projection, .live)
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
}

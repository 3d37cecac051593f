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
    /// Whether those who are answered next need another look.
    private var isDue = false
    /// Those who came since the last look at the log.
    private var waiting: [CheckedContinuation<Result<Void, StorageError>, Never>] = []
    private let rulings: any EventStore
    /// What each projection passes over, by its name.
    private var skips: [String: ProjectionSkips] = [:]
    /// Projections that stand at an event which they could not take, by name.
    public private(set) var stopped: [String: ProjectionStop] = [:]

    /// Follows a log; what is passed over is looked up in `rulings`, the log itself unless it is named.
    public init(
        log: any EventStore, store: any ProjectionStore, projections: [any FollowingProjection],
        rulings: (any EventStore)? = nil
    ) {
        (self.log, self.store, self.projections, self.rulings) = (log, store, projections, rulings ?? log)
    }

    /// Brings every projection to the end of the log as it is now.
    ///
    /// A call waits for the look that begins after it, and for none later, however fast the log grows. A projection that cannot take an
    /// event is stopped there, and only it, until a signed event lets it pass over that one; a store that does not answer
    /// is an error, after the others have had their turn.
    public func catchUp() async throws(StorageError) {
        try await withCheckedContinuation { caller in
            waiting.append(caller)
            if !isCatchingUp { Task { await answerWaiting() } }
            isCatchingUp = true
        }.get()
    }

    private func answerWaiting() async {
        while !waiting.isEmpty {
            let callers = waiting
            waiting = []
            var result = Result<Void, StorageError>.success(())
            do throws(StorageError) {
                repeat {
                    isDue = false
                    try await followLive()
                } while isDue
            } catch { result = .failure(error) }
            for caller in callers { caller.resume(returning: result) }
        }
        isCatchingUp = false
    }

    private func followLive() async throws(StorageError) {
        var following: [(any FollowingProjection, skips: ProjectionSkips)] = []
        var failure: StorageError?
        for projection in projections {
            do throws(StorageError) {
                if !prepared.contains(projection.name) { try await store.prepare(projection) }
                prepared.insert(projection.name)
                let skips = try await skips(of: projection)
                if stopped[projection.name] == nil { following.append((projection, skips)) }
            } catch { failure = failure ?? error }
        }
        let outcomes = await ProjectionPass(log: log, store: store).run(following)
        for ((projection, _), outcome) in zip(following, outcomes) {
            switch outcome {
            case .end: break
            case .stopped(let stop):
                stopped[projection.name] = stop
                isDue = true  // another instance may have stopped there before, and been let on
            case .failed(let error): failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// What a projection passes over; a stopped one looks whether it has been let on.
    private func skips(of projection: any FollowingProjection) async throws(StorageError) -> ProjectionSkips {
        let stop = stopped[projection.name]
        if stop == nil, let known = skips[projection.name] { return known }
        let found = try await ProjectionSkips(of: projection, in: rulings)
        skips[projection.name] = found
        if let stop, found.contains(stop.index) { stopped[projection.name] = nil }
        return found
    }

    /// How many events one projection has seen.
    public func position(of projection: some FollowingProjection) async throws(StorageError) -> UInt64 {
        try await store.position(projection)
    }

    /// The lowest position of all projections.
    public func position() async throws(StorageError) -> UInt64 {
        var lowest = UInt64.max
        for projection in projections { lowest = min(lowest, try await store.position(projection)) }
        return lowest
    }

    /// Folds the log again into fresh tables and puts them in the place of the live ones.
    ///
    /// - Parameters:
    ///   - names: of the projections; nil for all.
    ///   - report: is told how far each has come.
    /// - Returns: those that were rebuilt, and where the others stopped, which keep their live tables.
    /// - Throws: the first failure, or `.unavailable` when the task is cancelled; what it happened to keeps its live tables,
    ///   the others are rebuilt nevertheless.
    public func rebuild(
        only names: Set<String>? = nil, _ report: @escaping @Sendable (Progress) -> Void
    ) async throws(StorageError) -> (rebuilt: [ProjectionState], stopped: [String: ProjectionStop]) {
        var (states, stops, failure): ([ProjectionState], [String: ProjectionStop], StorageError?) = ([], [:], nil)
        var works: [RebuildPass.Work] = []
        for projection in projections where names?.contains(projection.name) ?? true {
            do throws(StorageError) {
                try await store.prepare(projection)
                let skips = try await ProjectionSkips(of: projection, in: rulings)
                works.append(.init(projection: projection, skips: skips, tables: try await store.rebuild(projection)))
            } catch { failure = failure ?? error }
        }
        let (outcomes, position) = await RebuildPass(log: log).run(works, report)
        for (work, outcome) in zip(works, outcomes) {
            do throws(StorageError) {
                switch outcome {
                case .end: states.append(try await swap(work, at: position))
                case .stopped(let stop):
                    stops[work.projection.name] = stop
                    try await work.tables.discard()
                case .failed(let error): throw error
                }
            } catch {
                failure = failure ?? error
                try? await work.tables.discard()  // the next rebuild does it otherwise
            }
        }
        if let failure { throw failure }
        return (states, stops)
    }

    private func swap(_ work: RebuildPass.Work, at position: UInt64) async throws(StorageError) -> ProjectionState {
        stopped[work.projection.name] = nil  // if the live tables stay, they stop again
        return try await work.tables.finish(at: position)
    }

    /// Brings projections that have seen nothing yet to the end of the log, or to where they stop: in fresh tables, which
    /// are filled faster than live ones.
    public func fold() async throws(StorageError) {
        _ = try await rebuild { _ in }
        try await catchUp()
    }

    /// Every live projection as it stands.
    public func states() async throws(StorageError) -> [ProjectionState] {
        var results: [ProjectionState] = []
        for projection in projections {
            try await store.prepare(projection)
            results.append(try await store.state(projection))
        }
        return results
    }
}

import Concurrency

/// One reading of the log for several projections: each event is parsed once, on all cores, and folded into those that
/// have not seen it.
struct ProjectionPass: Sendable {
    /// How a projection came out of it.
    enum Outcome: Sendable {
        /// It has seen the whole log.
        case end
        /// It stands at an event that it cannot take.
        case stopped(String)
        /// The store did not answer, or the projection is rebuilt elsewhere.
        case failed(StorageError)
    }

    private struct Follower {
        let projection: any FollowingProjection
        var limit = ProjectionPass.chunk
        var outcome: Outcome?
    }

    private static let chunk = 2_000
    private let log: any EventStore
    private let store: any ProjectionStore
    private let generation: ProjectionGeneration

    init(log: any EventStore, store: any ProjectionStore, _ generation: ProjectionGeneration) {
        (self.log, self.store, self.generation) = (log, store, generation)
    }

    /// Brings each projection, which must be prepared, to the end of the log or to where it stops.
    ///
    /// - Returns: the outcomes in the order of the projections.
    func run(
        _ projections: [any FollowingProjection], _ report: (ProjectionRunner.Progress) -> Void
    ) async -> [Outcome] {
        var followers = projections.map { Follower(projection: $0) }
        while followers.contains(where: { $0.outcome == nil }) { await step(&followers, report) }
        return followers.map { $0.outcome ?? .end }
    }

    /// Reads the next events and applies them.
    private func step(_ followers: inout [Follower], _ report: (ProjectionRunner.Progress) -> Void) async {
        var positions: [Int: UInt64] = [:]
        for (place, follower) in followers.enumerated() where follower.outcome == nil {
            do throws(StorageError) {
                positions[place] = try await store.position(follower.projection, generation)
            } catch { followers[place].outcome = .failed(error) }
        }
        guard let start = positions.values.min() else { return }
        let (entries, size): ([StoredEntry], UInt64)
        do throws(StorageError) {
            (entries, size) = try await log.read { reader throws(StorageError) in
                (try reader.entries(from: start, limit: Self.chunk), try reader.head()?.size ?? 0)
            }
        } catch {
            for place in positions.keys { followers[place].outcome = .failed(error) }
            return
        }
        let (events, reason) = Self.read(entries, from: start)
        for (place, position) in positions.sorted(by: { $0.key < $1.key }) {
            report(.init(projection: followers[place].projection.name, position: position, size: size))
            let seen = Int(clamping: position - start)
            if entries.isEmpty {
                followers[place].outcome = .end
            } else if seen < events.count {
                await apply(events[seen...], at: position, to: &followers[place])
            } else if seen == events.count, let reason {
                // The events before the one that cannot be read were applied first.
                followers[place].outcome = .stopped(reason)
            }
        }
    }

    private func apply(_ events: ArraySlice<LoggedEvent>, at position: UInt64, to follower: inout Follower) async {
        let (projection, events) = (follower.projection, events.prefix(follower.limit))
        let changes = events.flatMap { projection.changes(for: $0) }
        do throws(StorageError) {
            let next = position + UInt64(events.count)
            if try await store.apply(changes, to: projection, generation, from: position, to: next) { return }
            // Another process was quicker, or took the tables away.
            if try await store.position(projection, generation) == position {
                follower.outcome = .failed(
                    StorageError(.unavailable, detail: "\(projection.name) is rebuilt elsewhere"))
            }
        } catch {
            guard error.code == .corrupt else { return follower.outcome = .failed(error) }
            // One by one, to find which it is.
            if follower.limit > 1 { return follower.limit = 1 }
            follower.outcome = .stopped("event \(position) cannot be applied")
        }
    }

    /// The events up to the first that cannot be read, and why it cannot.
    private static func read(_ entries: [StoredEntry], from start: UInt64) -> (events: [LoggedEvent], reason: String?) {
        var events: [LoggedEvent] = []
        events.reserveCapacity(entries.count)
        let parsed = concurrentMap(entries, minimumChunk: 32) { try? LoggedEvent($0) }
        for (entry, event) in zip(entries, parsed) {
            let due = start + UInt64(events.count)
            guard entry.index == due else { return (events, "event \(due) is missing") }
            guard let event else { return (events, "event \(due) cannot be read") }
            events.append(event)
        }
        return (events, nil)
    }
}

/// One reading of the log for several projections: each event is parsed once and folded into those that have not seen it.
struct ProjectionPass: Sendable {
    /// How a projection came out of it.
    enum Outcome: Sendable {
        /// It has seen the whole log.
        case end
        /// It stands at an event that it cannot take, and may not pass over.
        case stopped(ProjectionStop)
        /// The store did not answer, or the projection is rebuilt elsewhere.
        case failed(StorageError)
    }

    private struct Follower {
        let projection: any FollowingProjection
        let skips: ProjectionSkips
        var limit = ProjectionPass.chunk
        var outcome: Outcome?
    }

    private static let chunk = 2_000
    private let log: any EventStore
    private let store: any ProjectionStore

    init(log: any EventStore, store: any ProjectionStore) { (self.log, self.store) = (log, store) }

    /// Brings each projection, which must be prepared, to the end that the log has now, or to where it stops.
    ///
    /// - Returns: the outcomes in the order of the projections.
    func run(_ projections: [(any FollowingProjection, skips: ProjectionSkips)]) async -> [Outcome] {
        var followers = projections.map { Follower(projection: $0, skips: $1) }
        var end: UInt64?
        while followers.contains(where: { $0.outcome == nil }) { await step(&followers, to: &end) }
        return followers.map { $0.outcome ?? .end }
    }

    /// Reads the next events and applies them; the end is that of the log when it was first read, or it would be
    /// run after for as long as others append.
    private func step(_ followers: inout [Follower], to end: inout UInt64?) async {
        var positions: [Int: UInt64] = [:]
        for (place, follower) in followers.enumerated() where follower.outcome == nil {
            do throws(StorageError) {
                let position = try await store.position(follower.projection)
                if let end, position >= end { followers[place].outcome = .end } else { positions[place] = position }
            } catch { followers[place].outcome = .failed(error) }
        }
        guard let start = positions.values.min() else { return }
        let page: EntryPage
        do throws(StorageError) { page = try await EntryPage(of: log, from: start, limit: Self.chunk) } catch {
            for place in positions.keys { followers[place].outcome = .failed(error) }
            return
        }
        let items = page.map(for: positions.keys.map { followers[$0].projection }) { $0 }
        end = end ?? page.size
        for (place, position) in positions.sorted(by: { $0.key < $1.key }) {
            let seen = Int(clamping: position - start)
            if seen < items.count {
                await apply(items[seen...], at: position, to: &followers[place])
            } else if page.gap == position {
                // The events before the one that is missing were applied first.
                followers[place].outcome = .stopped(.init(index: position, cause: .missing))
            } else if items.isEmpty {
                followers[place].outcome = .end
            }
        }
    }

    private func apply(
        _ items: ArraySlice<EventItem>, at position: UInt64, to follower: inout Follower
    ) async {
        let (projection, skips) = (follower.projection, follower.skips)
        var due: [[TableChange]] = []
        for item in items.prefix(follower.limit) {
            guard let changes = projection.changes(for: item, skipping: skips) else { break }
            due.append(changes)
        }
        guard !due.isEmpty else { return follower.outcome = .stopped(.init(index: position, cause: .unreadable)) }
        do throws(StorageError) {
            let changes = Array(due.joined())
            if try await store.apply(changes, to: projection, from: position, to: position + UInt64(due.count)) {
                return
            }
            // Another process was quicker, or took the tables away.
            if try await store.position(projection) == position {
                follower.outcome = .failed(
                    StorageError(.unavailable, detail: "\(projection.name) is rebuilt elsewhere"))
            }
        } catch {
            guard error.code == .corrupt else { return follower.outcome = .failed(error) }
            // One by one, to find which it is.
            if follower.limit > 1 { return follower.limit = 1 }
            follower.outcome = .stopped(.init(index: position, cause: .inapplicable))
        }
    }
}

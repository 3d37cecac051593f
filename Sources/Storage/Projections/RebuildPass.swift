import Concurrency

/// One reading of the log, from its start, that fills the fresh tables of several projections; what comes next is read and
/// parsed while the tables take what came before.
struct RebuildPass: Sendable {
    /// One projection, and where its fresh tables are.
    struct Work: Sendable {
        let projection: any FollowingProjection
        let skips: ProjectionSkips
        let tables: any ProjectionRebuild
        fileprivate(set) var outcome: ProjectionPass.Outcome?
    }

    private static let chunk = 4_096
    let log: any EventStore

    /// Fills the tables of each projection as far as the log goes, or to where it stops.
    ///
    /// - Returns: the outcomes in the order of the work, and how many events were seen.
    @concurrent func run(
        _ works: [Work], _ report: @Sendable (ProjectionRunner.Progress) -> Void
    ) async -> (outcomes: [ProjectionPass.Outcome], position: UInt64) {
        var (works, position) = (works, UInt64(0))
        let projections = works.map(\.projection)
        do throws(StorageError) {
            var page = try await read(from: 0, for: projections).get()
            while let end = page.end, works.contains(where: { $0.outcome == nil }) {
                async let ahead = read(from: end, for: projections)
                for place in works.indices where works[place].outcome == nil {
                    let name = works[place].projection.name
                    report(.init(projection: name, position: position, size: page.size))
                    if !Task.isCancelled { await fill(&works[place], with: page.items) }
                }
                position = end
                page = try await ahead.get()
                // What was added while the tables took the last.
                if page.end == nil { page = try await read(from: end, for: projections).get() }
                guard !Task.isCancelled else { throw StorageError(.unavailable, detail: "it was cancelled") }
            }
            if let gap = page.gap { works.end(with: .stopped(.init(index: gap, cause: .missing))) }
        } catch { works.end(with: .failed(error)) }
        works.end(with: .end)
        return (works.compactMap(\.outcome), position)
    }

    private func read(
        from index: UInt64, for projections: [any FollowingProjection]
    ) async -> Result<EventPage, StorageError> {
        do throws(StorageError) {
            return .success(try await EventPage(of: log, from: index, limit: Self.chunk, for: projections))
        } catch { return .failure(error) }
    }

    private func fill(_ work: inout Work, with items: [EventPage.Item]) async {
        let (projection, skips) = (work.projection, work.skips)
        let due = Array(items.prefix { $0.isReadable || skips.contains($0.index) })
        let changes = concurrentMap(due, minimumChunk: 256) { projection.changes(for: $0, skipping: skips) }
        do throws(StorageError) { try await work.tables.fill(Array(changes.joined())) } catch {
            guard error.code == .corrupt else { return work.outcome = .failed(error) }
            // One by one, to find which it is.
            for (item, changes) in zip(due, changes) {
                do throws(StorageError) { try await work.tables.fill(changes) } catch {
                    let stop = ProjectionStop(index: item.index, cause: .inapplicable)
                    return work.outcome = error.code == .corrupt ? .stopped(stop) : .failed(error)
                }
            }
        }
        if due.count < items.count {
            work.outcome = .stopped(.init(index: items[due.count].index, cause: .unreadable))
        }
    }
}

extension [RebuildPass.Work] {
    fileprivate mutating func end(with outcome: ProjectionPass.Outcome) {
        for place in indices where self[place].outcome == nil { self[place].outcome = outcome }
    }
}

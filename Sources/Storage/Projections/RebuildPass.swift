/// One reading of the log, from its start, that fills the fresh tables of several projections: while the tables take some
/// events the next ones are parsed, and those after them read.
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
        let everybody = works
        do throws(StorageError) {
            var page = try await read(from: position).get()
            var ahead = try await read(from: page.end).get()
            var changes = await fold(page, for: everybody)
            while works.contains(where: { $0.outcome == nil }) {
                if page.entries.isEmpty {
                    // What was added while the tables took the last.
                    page = try await read(from: position).get()
                    guard !page.entries.isEmpty else { break }
                    ahead = try await read(from: page.end).get()
                    changes = await fold(page, for: everybody)
                }
                let coming = ahead
                async let following = read(from: coming.end)
                async let next = fold(coming, for: everybody)
                for place in works.indices where works[place].outcome == nil {
                    let name = works[place].projection.name
                    report(.init(projection: name, position: position, size: page.size))
                    if !Task.isCancelled { await fill(&works[place], from: position, with: changes.map { $0[place] }) }
                }
                position = page.end
                (page, changes) = (coming, await next)
                ahead = try await following.get()
                guard !Task.isCancelled else { throw StorageError(.unavailable, detail: "it was cancelled") }
            }
            if let gap = page.gap { works.end(with: .stopped(.init(index: gap, cause: .missing))) }
        } catch { works.end(with: .failed(error)) }
        works.end(with: .end)
        return (works.compactMap(\.outcome), position)
    }

    private func read(from index: UInt64) async -> Result<EntryPage, StorageError> {
        do throws(StorageError) {
            return .success(try await EntryPage(of: log, from: index, limit: Self.chunk))
        } catch { return .failure(error) }
    }

    /// What the events change, for each of those who fold them; nil where one cannot be read.
    @concurrent private func fold(_ page: EntryPage, for works: [Work]) async -> [[[TableChange]?]] {
        page.fold(for: works.map(\.projection)) { item in
            works.map { $0.projection.changes(for: item, skipping: $0.skips) }
        }
    }

    private func fill(_ work: inout Work, from start: UInt64, with items: [[TableChange]?]) async {
        let due = items.prefix { $0 != nil }.compactMap(\.self)
        do throws(StorageError) { try await work.tables.fill(Array(due.joined())) } catch {
            guard error.code == .corrupt else { return work.outcome = .failed(error) }
            // One by one, to find which it is.
            for (index, changes) in zip(start..., due) {
                do throws(StorageError) { try await work.tables.fill(changes) } catch {
                    let stop = ProjectionStop(index: index, cause: .inapplicable)
                    return work.outcome = error.code == .corrupt ? .stopped(stop) : .failed(error)
                }
            }
        }
        if due.count < items.count {
            work.outcome = .stopped(.init(index: start + UInt64(due.count), cause: .unreadable))
        }
    }
}

extension [RebuildPass.Work] {
    fileprivate mutating func end(with outcome: ProjectionPass.Outcome) {
        for place in indices where self[place].outcome == nil { self[place].outcome = outcome }
    }
}

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

    /// Entries, and what each of them changes for each of those who fold them; nil where one cannot be read.
    private struct Folded {
        let page: EntryPage
        let changes: [[[TableChange]?]]
    }

    let log: any EventStore
    /// How many entries are read at once.
    var chunk = 4_096

    /// Fills the tables of each projection as far as the log goes when its end is read, or to where it stops.
    ///
    /// - Returns: the outcomes in the order of the work, and how many events were seen.
    @concurrent func run(
        _ works: [Work], _ report: @Sendable (ProjectionRunner.Progress) -> Void
    ) async -> (outcomes: [ProjectionPass.Outcome], position: UInt64) {
        var (works, position) = (works, UInt64(0))
        do throws(StorageError) {
            var (folded, raw) = (Folded?.none, try await read(from: 0).get())
            while folded != nil || raw != nil, works.contains(where: { $0.outcome == nil }) {
                let (coming, standing) = (raw, works)
                async let following = page(after: coming)
                async let next = fold(coming, for: standing)
                if let folded {
                    await fill(&works, with: folded, report)
                    position = folded.page.end
                }
                (folded, raw) = (await next, try await following.get())
                guard !Task.isCancelled else { throw StorageError(.unavailable, detail: "it was cancelled") }
            }
        } catch { works.end(with: .failed(error)) }
        works.end(with: .end)
        return (works.compactMap(\.outcome), position)
    }

    /// The next page; nil behind the last one, which is not full.
    private func page(after page: EntryPage?) async -> Result<EntryPage?, StorageError> {
        guard let page, page.entries.count == chunk else { return .success(nil) }
        return await read(from: page.end)
    }

    private func read(from index: UInt64) async -> Result<EntryPage?, StorageError> {
        do throws(StorageError) {
            return .success(try await EntryPage(of: log, from: index, limit: chunk))
        } catch { return .failure(error) }
    }

    @concurrent private func fold(_ page: EntryPage?, for works: [Work]) async -> Folded? {
        guard let page else { return nil }
        let changes = page.map(for: works.map(\.projection)) { item in
            works.map { $0.outcome == nil ? $0.projection.changes(for: item, skipping: $0.skips) : nil }
        }
        return Folded(page: page, changes: changes)
    }

    private func fill(
        _ works: inout [Work], with folded: Folded, _ report: @Sendable (ProjectionRunner.Progress) -> Void
    ) async {
        let page = folded.page
        for place in works.indices where works[place].outcome == nil {
            report(.init(projection: works[place].projection.name, position: page.start, size: page.size))
            guard !Task.isCancelled else { return }
            await fill(&works[place], from: page.start, with: folded.changes.map { $0[place] })
        }
        if let gap = page.gap { works.end(with: .stopped(.init(index: gap, cause: .missing))) }
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

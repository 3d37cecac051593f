import Concurrency
import Storage

/// What a list answers, every row proved.
struct ListPage: Sendable {
    let rows: [[TableValue]]
    /// Whether rows are left for another page.
    let hasMore: Bool
    /// How many events the list has seen.
    let position: UInt64
    /// Nil when the list had seen all that was acknowledged.
    let lag: ReadLag?
}

extension Application {
    /// A page of a list of which each row is what the entries make that its columns name; the query asks for one row more
    /// than the page has.
    ///
    /// A standby answers, saying how far behind it is, unless that is too far, or the event with an index is to be seen
    /// and it has not come there. Otherwise the list is first brought up to what is in the log, and that event.
    ///
    /// - Throws: `lists-behind` after half a minute, `projection-stopped` for a list that stands at an event which it cannot
    ///   take, `index-not-reached` when there is no such event after five seconds.
    func page(
        _ query: TableQuery, of projection: some FollowingProjection, by columns: String..., seeing index: UInt64? = nil
    ) async throws(ServiceError) -> ListPage {
        if let page = await standbyPage(query, of: projection, by: columns, seeing: index) { return page }
        let begun = ContinuousClock.now
        let (rows, position): ([[TableValue]], UInt64)
        do {
            var seen = try await catchUp(projection, since: begun)
            if let index {
                if seen <= index, await log.hasGrown(beyond: index, within: .seconds(5)) {
                    seen = try await catchUp(projection, since: begun)
                }
                guard seen > index else {
                    throw ServiceError(.notFound, "index-not-reached", "No event has the index \(index) yet.")
                }
            }
            (rows, position) = (try await views.rows(query), seen)
        } catch { throw ServiceError(wrapping: error) }
        return ListPage(
            rows: try await proven(rows.prefix(query.limit - 1), of: projection, by: columns),
            hasMore: rows.count == query.limit, position: position, lag: nil)
    }

    /// The same from the standby; nil when it cannot answer that.
    private func standbyPage(
        _ query: TableQuery, of projection: some FollowingProjection, by columns: [String], seeing index: UInt64?
    ) async -> ListPage? {
        guard let standby else { return nil }
        var page: ListPage?
        if let position = await standby.position(of: projection), index.map({ position > $0 }) ?? true,
            let lag = await lag(at: position), lag.seconds <= Double(settings.readLag),
            let rows = await standby.rows(query)
        {
            do throws(ServiceError) {
                page = ListPage(
                    rows: try await proven(rows.prefix(query.limit - 1), of: projection, by: columns),
                    hasMore: rows.count == query.limit, position: position, lag: lag)
            } catch { standby.avoid() }
        }
        metrics.count(
            "cxrledger_list_reads_total", "Pages of lists, by the server that answered.",
            [("from", page == nil ? "primary" : "standby")])
        return page
    }

    private func catchUp(
        _ projection: some FollowingProjection, since begun: ContinuousClock.Instant
    ) async throws -> UInt64 {
        let runner = runner
        let left = max(.zero, .seconds(30) - begun.duration(to: .now))
        let outcome = await waiting(atMost: left) { () -> Result<Void, StorageError> in
            do throws(StorageError) { return .success(try await runner.catchUp()) } catch { return .failure(error) }
        }
        if let stop = await runner.stopped[projection.name] { throw Self.refusal(projection.name, stop) }
        guard let outcome else {
            throw ServiceError(
                .overloaded(retryAfterSeconds: 5), "lists-behind",
                "The lists are being brought up to date; try again in a moment.")
        }
        try outcome.get()
        return try await runner.position(of: projection)
    }
}

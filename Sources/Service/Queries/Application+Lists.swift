import Concurrency
import Storage

extension Application {
    /// A page of a list, after it has seen what is in the log, and the event with an index when one is given.
    ///
    /// - Throws: `lists-behind` after half a minute, `projection-stopped` for a list that stands at an event which it cannot
    ///   take, `index-not-reached` when there is no such event after five seconds.
    func page(
        _ query: TableQuery, of projection: some FollowingProjection, seeing index: UInt64? = nil
    ) async throws(ServiceError) -> (rows: [[TableValue]], position: UInt64) {
        let begun = ContinuousClock.now
        do {
            var position = try await catchUp(projection, since: begun)
            if let index {
                if position <= index, await log.hasGrown(beyond: index, within: .seconds(5)) {
                    position = try await catchUp(projection, since: begun)
                }
                guard position > index else {
                    throw ServiceError(.notFound, "index-not-reached", "No event has the index \(index) yet.")
                }
            }
            return (try await views.rows(query), position)
        } catch { throw ServiceError(wrapping: error) }
    }

    private func catchUp(
        _ projection: some FollowingProjection, since begun: ContinuousClock.Instant
    ) async throws -> UInt64 {
        let runner = runner
        let left = max(.zero, .seconds(30) - begun.duration(to: .now))
        let outcome = await waiting(atMost: left) { () -> Result<Void, StorageError> in
            do throws(StorageError) { return .success(try await runner.catchUp()) } catch { return .failure(error) }
        }
        if let reason = await runner.stopped[projection.name] {
            throw ServiceError(
                .unavailable, "projection-stopped",
                "The list '\(projection.name)' stands at an event that it cannot take; run `cxrledger verify`, then `cxrledger rebuild`.",
                cause: reason)
        }
        guard let outcome else {
            throw ServiceError(
                .overloaded(retryAfterSeconds: 5), "lists-behind",
                "The lists are being brought up to date; try again in a moment.")
        }
        try outcome.get()
        return try await runner.position(of: projection)
    }
}

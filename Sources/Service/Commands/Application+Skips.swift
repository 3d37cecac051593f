import Records
import Storage

extension Application {
    /// How the lists follow the log.
    public func lists(_ context: RequestContext) async throws(ServiceError) -> ListStandings {
        try await require(.logRead, for: "projections list", context)
        return try await standings()
    }

    /// Lets a list pass over the event at which it stands, by a signed event: here, on every instance, and whenever it is
    /// rebuilt.
    ///
    /// - Throws: `list-unknown`, `skip-reason-missing`, `list-not-stopped` for any other event, `event-missing` for one that
    ///   must be brought back.
    public func skip(
        _ index: UInt64?, of list: String, reason: String, _ context: RequestContext
    ) async throws(ServiceError) -> ListStandings {
        try await require(.listSkip, for: "projections skip", context)
        try checkLists([list])
        guard !reason.isEmpty else {
            throw ServiceError(.invalid, "skip-reason-missing", "Say why the event may be passed over.")
        }
        try await followLog()
        guard let projection = Self.projections.first(where: { $0.name == list }),
            let stop = await runner.stopped[list], stop.index == index
        else {
            throw ServiceError(
                .conflict, "list-not-stopped",
                "The list '\(list)' does not stand at that event; `cxrledger projections list` says where it stands.")
        }
        guard stop.canBeSkipped else {
            throw ServiceError(
                .conflict, "event-missing",
                "Event \(stop.index) is missing from the log: bring it back by `cxrledger log recover`.")
        }
        let event = Event.projectionEventSkipped(
            .init(projection: list, version: Int64(projection.version), index: stop.index, reason: reason))
        _ = try await command(context) { _ throws(Rejection) in [(ProjectionSkips.stream(of: projection), event)] }
        try await followLog()
        return try await standings()
    }

    /// Refuses names of lists that there are not.
    func checkLists(_ names: Set<String>) throws(ServiceError) {
        guard let stranger = names.subtracting(Self.projections.map(\.name)).min() else { return }
        throw ServiceError(
            .notFound, "list-unknown",
            "There is no list '\(stranger)'; there are: \(Self.projections.map(\.name).joined(separator: ", ")).")
    }

    /// What a list that cannot go on says.
    static func refusal(_ list: String, _ stop: ProjectionStop) -> ServiceError {
        ServiceError(
            .unavailable, "projection-stopped",
            "The list '\(list)' stands: \(stop). Run `cxrledger verify`; to go on without this event, `cxrledger projections skip \(list) \(stop.index)`."
        )
    }

    /// What each list passes over, as the log says now.
    func skips() async throws(ServiceError) -> [(list: String, skips: [ListStanding.Skip])] {
        var found: [(String, [ListStanding.Skip])] = []
        for projection in Self.projections {
            do throws(StorageError) {
                let reasons = try await ProjectionSkips(of: projection, in: log).reasons
                found.append((projection.name, reasons.sorted { $0.key < $1.key }.map { .init(index: $0, reason: $1) }))
            } catch { throw ServiceError(error) }
        }
        return found
    }

    private func standings() async throws(ServiceError) -> ListStandings {
        try await followLog()
        let stopped = await runner.stopped
        var lists: [ListStanding] = []
        for (projection, (_, skips)) in zip(Self.projections, try await skips()) {
            do throws(StorageError) {
                lists.append(
                    .init(
                        name: projection.name, version: projection.version,
                        position: try await runner.position(of: projection),
                        stopped: stopped[projection.name].map { .init(index: $0.index, detail: $0.description) },
                        skipped: skips))
            } catch { throw ServiceError(error) }
        }
        return ListStandings(lists: lists)
    }

    private func followLog() async throws(ServiceError) {
        do throws(StorageError) { try await runner.catchUp() } catch { throw ServiceError(error) }
    }
}

import Storage

extension StorageBackend {
    /// Folds the first entries of a log into tables of its own, in a folder where they are removed again: what the lists
    /// must be, whatever the live ones are.
    func fold(
        _ projections: [any FollowingProjection], of log: any EventStore, upTo size: UInt64, in folder: String
    ) async throws(ServiceError) -> [ProjectionState] {
        let scratch = try ScratchFolder(in: folder)
        defer { withExtendedLifetime(scratch) {} }
        do {
            let tables = try openScratchProjections(origin: log.origin, folder: scratch.path)
            let runner = ProjectionRunner(log: PrefixLog(log, size: size), store: tables, projections: projections)
            try await runner.catchUp()
            return try await runner.states()
        } catch { throw ServiceError(wrapping: error) }
    }
}

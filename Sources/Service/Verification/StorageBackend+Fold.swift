import Storage

extension StorageBackend {
    /// Folds the first entries of a log into tables of its own, in a folder where they are removed again: what the lists
    /// must be, whatever the live ones are.
    ///
    /// Events are passed over that the log says so of, in these entries or in any of them.
    func fold(
        _ projections: [any FollowingProjection], of log: any EventStore, upTo size: UInt64,
        skippingWhatLaterEntriesSay: Bool = false, in folder: String
    ) async throws(ServiceError) -> [ProjectionState] {
        let scratch = try ScratchFolder(in: folder)
        defer { withExtendedLifetime(scratch) {} }
        do {
            let tables = try openScratchProjections(origin: log.origin, folder: scratch.path)
            let prefix = PrefixLog(log, size: size)
            let runner = ProjectionRunner(
                log: prefix, store: tables, projections: projections,
                rulings: skippingWhatLaterEntriesSay ? log : prefix)
            try await runner.fold()
            return try await runner.states()
        } catch { throw ServiceError(wrapping: error) }
    }
}

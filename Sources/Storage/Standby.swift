import Concurrency

/// A copy of the database that follows it, and may be behind: it answers what is past, and decides nothing.
///
/// Whoever asks must do without an answer: one that fails, or takes too long, makes it rest for a while.
public final class Standby: Sendable {
    /// Longer than this nobody waits for an answer.
    public static let patience = Duration.seconds(2)
    /// How long it is not asked after a failure.
    private static let rest = Duration.seconds(5)

    private let log: any EventStore
    private let views: any ProjectionStore
    private let resting = Locked<ContinuousClock.Instant?>(nil)

    /// Both read the standby, and write nothing.
    public init(log: any EventStore, views: any ProjectionStore) { (self.log, self.views) = (log, views) }

    /// Reads the log there, on one snapshot.
    ///
    /// - Returns: what `body` does; nil when it does not hold `size` entries yet, or cannot be asked.
    public func read<Result: Sendable>(
        having size: UInt64, _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async -> Result? {
        let log = log
        return await ask { () async throws(StorageError) -> Result? in
            try await log.read { reader throws(StorageError) -> Result? in
                guard try reader.head()?.size ?? 0 >= size else { return nil }
                return try body(reader)
            }
        }
    }

    /// How many events a list there has seen; nil when it cannot be asked.
    public func position(of projection: any FollowingProjection) async -> UInt64? {
        let views = views
        return await ask { () async throws(StorageError) in try await views.position(projection) }
    }

    /// The rows that answer a query; nil when it cannot be asked.
    public func rows(_ query: TableQuery) async -> [[TableValue]]? {
        let views = views
        return await ask { () async throws(StorageError) in try await views.rows(query) }
    }

    /// Does not ask it for a while, since what it said was of no use.
    public func avoid() { resting.withLock { $0 = .now + Self.rest } }

    private func ask<Result: Sendable>(
        _ question: @escaping @Sendable () async throws(StorageError) -> Result?
    ) async -> Result? {
        guard resting.withLock({ $0.map { $0 <= .now } ?? true }) else { return nil }
        let answer = await waiting(atMost: Self.patience) { () -> Swift.Result<Result?, StorageError> in
            do throws(StorageError) { return .success(try await question()) } catch { return .failure(error) }
        }
        if case .success(let value) = answer {
            resting.withLock { $0 = nil }
            return value
        }
        avoid()
        return nil
    }
}

/// Where one log lives: entries, tree tiles, head and idempotency keys, changed only by whole batches.
public protocol EventStore: Sendable {
    /// The origin of the log that this store serves; part of every key.
    var origin: String { get }

    /// Runs `body` inside one fenced transaction and commits what it returns.
    ///
    /// The head row is locked first, so `body` sees the true size whatever other processes do. Returning no write
    /// commits nothing. When it throws, nothing was written, except that after `.unavailable` the outcome of the
    /// commit itself may be unknown: read the head before anything else.
    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result

    /// Whether each question is a trip to a server, so that it pays to guess the answers.
    var isRemote: Bool { get }

    /// Commits a batch that was made without asking, when the log still has the head that it goes upon.
    ///
    /// - Returns: false when the log is elsewhere, or holds something of the batch: then nothing was written.
    /// - Throws: as `commit` with questions; after `.unavailable` nobody knows whether it is there.
    func commit(_ batch: BatchWrite, upon head: Head) async throws(StorageError) -> Bool

    /// Runs `body` on one snapshot.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result

    /// Waits until the log holds more than `size` entries, at most for a time, and less when the task is cancelled.
    ///
    /// Commits of this process wake at once, those of others as soon as the store hears of them. What it answers is a
    /// hint: read the log to know.
    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool
}

extension EventStore {
    public var isRemote: Bool { false }

    public func commit(_ batch: BatchWrite, upon head: Head) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            return try await commit { reader throws(StorageError) in
                let isThere = try reader.head() ?? .empty == head
                return (isThere ? batch : nil, isThere)
            }
        } catch {
            guard error.code == .corrupt else { throw error }
            return false
        }
    }
}

import Concurrency
import SQLiteStorage
import Storage

/// SQLite stores whose log can be made to refuse commits.
final class FailingBackend: StorageBackend {
    private let backend: SQLiteBackend
    let isFailing = Locked(false)
    /// How many commits are still taken; nil for any number.
    private let left: Locked<Int?>

    init(_ backend: SQLiteBackend, afterCommits left: Int? = nil) {
        (self.backend, self.left) = (backend, Locked(left))
    }

    func origins() throws(StorageError) -> [String] { try backend.origins() }
    func openLog(origin: String) throws(StorageError) -> any EventStore {
        FailingLog(log: try backend.openLog(origin: origin), isFailing: isFailing, left: left)
    }
    func openProjections(origin: String) throws(StorageError) -> any ProjectionStore {
        try backend.openProjections(origin: origin)
    }
    func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
        try backend.openScratchProjections(origin: origin, folder: folder)
    }
    func openSecrets(origin: String) throws(StorageError) -> any SecretStore { try backend.openSecrets(origin: origin) }
    func damage() throws(StorageError) -> [StorageDamage] { try backend.damage() }
    func discardDamagedProjections() throws(StorageError) -> Bool { try backend.discardDamagedProjections() }

    private struct FailingLog: EventStore {
        let log: any EventStore
        let isFailing: Locked<Bool>
        let left: Locked<Int?>
        var origin: String { log.origin }

        func commit<Result: Sendable>(
            _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
        ) async throws(StorageError) -> Result {
            let isSpent = left.withLock { left in
                defer { left = left.map { $0 - 1 } }
                return left.map { $0 <= 0 } ?? false
            }
            if isSpent || isFailing.withLock({ $0 }) { throw StorageError(.full, detail: "made to fail") }
            return try await log.commit(body)
        }

        func read<Result: Sendable>(
            _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
        ) async throws(StorageError) -> Result { try await log.read(body) }

        func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
            await log.hasGrown(beyond: size, within: limit)
        }
    }
}

import Concurrency
import SQLiteStorage
import Storage

/// SQLite stores whose log can be made to refuse commits.
final class FailingBackend: StorageBackend {
    private let backend: SQLiteBackend
    let isFailing = Locked(false)

    init(_ backend: SQLiteBackend) { self.backend = backend }

    func origins() throws(StorageError) -> [String] { try backend.origins() }
    func openLog(origin: String) throws(StorageError) -> any EventStore {
        FailingLog(log: try backend.openLog(origin: origin), isFailing: isFailing)
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
        var origin: String { log.origin }

        func commit<Result: Sendable>(
            _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
        ) async throws(StorageError) -> Result {
            if isFailing.withLock({ $0 }) { throw StorageError(.full, detail: "made to fail") }
            return try await log.commit(body)
        }

        func read<Result: Sendable>(
            _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
        ) async throws(StorageError) -> Result { try await log.read(body) }
    }
}

import SQLiteStorage
import Storage

/// SQLite stores of which one cannot be opened, as if the process had ended there.
struct InterruptedBackend: StorageBackend {
    enum Point: Sendable { case log, secrets, projections, scratch }

    private let backend: SQLiteBackend
    private let point: Point

    init(_ backend: SQLiteBackend, at point: Point) { (self.backend, self.point) = (backend, point) }

    func origins() throws(StorageError) -> [String] { try backend.origins() }

    func openLog(origin: String) throws(StorageError) -> any EventStore {
        try pass(.log)
        return try backend.openLog(origin: origin)
    }

    func openProjections(origin: String) throws(StorageError) -> any ProjectionStore {
        try pass(.projections)
        return try backend.openProjections(origin: origin)
    }

    func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
        try pass(.scratch)
        return try backend.openScratchProjections(origin: origin, folder: folder)
    }

    func openSecrets(origin: String) throws(StorageError) -> any SecretStore {
        try pass(.secrets)
        return try backend.openSecrets(origin: origin)
    }

    func damage() throws(StorageError) -> [StorageDamage] { try backend.damage() }
    func discardDamagedProjections() throws(StorageError) -> Bool { try backend.discardDamagedProjections() }

    private func pass(_ point: Point) throws(StorageError) {
        if point == self.point { throw StorageError(.full, detail: "made to fail") }
    }
}

import PostgresStorage
import SQLiteStorage
public import Storage

/// The stores that the same tests run on.
public enum Backend: String, Sendable, CaseIterable {
    case memory
    case sqlite
    case postgres

    /// A place of its own for one test: a database that may hold several logs and be opened several times.
    public func makeSite() throws -> any StorageSite {
        switch self {
        case .memory: MemorySite()
        case .sqlite: SQLiteSite(folder: try TestFolder())
        case .postgres: try PostgresSite()
        }
    }
}

/// One database of one test.
public protocol StorageSite: Sendable {
    /// The log of an origin, as another process would open it: the same content, nothing else shared.
    func openLog(_ origin: String) throws -> any EventStore

    /// The same for the tables of projections.
    func openProjections(_ origin: String) throws -> any ProjectionStore

    /// The same for the secrets.
    func openSecrets(_ origin: String) throws -> any SecretStore
}

/// SQLite files in a fresh directory.
public struct SQLiteSite: StorageSite {
    public let folder: TestFolder

    public init(folder: TestFolder) { self.folder = folder }

    /// The file of the log.
    public var database: String { folder.path + "/log.db" }

    public func openLog(_ origin: String) throws -> any EventStore {
        try SQLiteEventStore(path: database, origin: origin)
    }

    public func openProjections(_ origin: String) throws -> any ProjectionStore {
        try SQLiteProjectionStore(path: folder.path + "/views.db", origin: origin)
    }

    public func openSecrets(_ origin: String) throws -> any SecretStore {
        try SQLiteSecretStore(path: folder.path + "/secrets.db", origin: origin)
    }
}

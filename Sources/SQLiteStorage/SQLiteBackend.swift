import Glibc
public import Storage

/// The embedded stores: the log in one file, projections and secrets each in another.
public struct SQLiteBackend: StorageBackend {
    private let database: String
    private let views: String
    private let secrets: String
    private let isReadOnly: Bool

    /// - Parameters:
    ///   - database: the file that `DATABASE_URL` names.
    ///   - home: the folder of the secret store; the projections lie beside the database.
    ///   - isReadOnly: whether everything is only looked at, and nothing created or changed.
    public init(database: String, home: String, isReadOnly: Bool = false) {
        (self.database, self.isReadOnly) = (database, isReadOnly)
        views = database.hasSuffix(".db") ? database.dropLast(3) + "-views.db" : database + "-views"
        secrets = home + "/secrets.db"
    }

    public func origins() throws(StorageError) -> [String] {
        // Asking must not create the file: a restore that is refused leaves nothing behind.
        guard unsafe access(database, F_OK) == 0 else { return [] }
        return try SQLiteEventStore.origins(path: database)
    }

    public func openLog(origin: String) throws(StorageError) -> any EventStore {
        guard isReadOnly else { return try SQLiteEventStore(path: database, origin: origin) }
        return try SQLiteEventStore(reading: try existing(database), origin: origin)
    }

    public func openProjections(origin: String) throws(StorageError) -> any ProjectionStore {
        guard isReadOnly else { return try SQLiteProjectionStore(path: views, origin: origin) }
        return try SQLiteProjectionStore(reading: try existing(views), origin: origin)
    }

    public func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
        try SQLiteProjectionStore(path: folder + "/projections.db", origin: origin)
    }

    public func openSecrets(origin: String) throws(StorageError) -> any SecretStore {
        guard isReadOnly else { return try SQLiteSecretStore(path: secrets, origin: origin) }
        return try SQLiteSecretStore(reading: try existing(secrets), origin: origin)
    }

    public func damage() throws(StorageError) -> String? {
        var connection = try SQLiteConnection.reading(try existing(database))
        return try connection.withStatement("PRAGMA integrity_check(1)") { statement throws(StorageError) in
            guard try statement.step() else { return "no answer" }
            let answer = statement.text(0)
            return answer == "ok" ? nil : answer
        }
    }

    private func existing(_ path: String) throws(StorageError) -> String {
        guard unsafe access(path, F_OK) == 0 else { throw StorageError(.missing, detail: path) }
        return path
    }
}

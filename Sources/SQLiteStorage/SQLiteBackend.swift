import Glibc
public import Storage

/// The embedded stores: the log in one file, projections and secrets each in another.
public struct SQLiteBackend: StorageBackend {
    private let database: String
    private let views: String
    private let secrets: String

    /// - Parameters:
    ///   - database: the file that `DATABASE_URL` names.
    ///   - home: the folder of the secret store; the projections lie beside the database.
    public init(database: String, home: String) {
        self.database = database
        views = database.hasSuffix(".db") ? database.dropLast(3) + "-views.db" : database + "-views"
        secrets = home + "/secrets.db"
    }

    public func origins() throws(StorageError) -> [String] {
        // Asking must not create the file: a restore that is refused leaves nothing behind.
        guard unsafe access(database, F_OK) == 0 else { return [] }
        return try SQLiteEventStore.origins(path: database)
    }

    public func openLog(origin: String) throws(StorageError) -> any EventStore {
        try SQLiteEventStore(path: database, origin: origin)
    }

    public func openProjections(origin: String) throws(StorageError) -> any ProjectionStore {
        try SQLiteProjectionStore(path: views, origin: origin)
    }

    public func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
        try SQLiteProjectionStore(path: folder + "/projections.db", origin: origin)
    }

    public func openSecrets(origin: String) throws(StorageError) -> any SecretStore {
        try SQLiteSecretStore(path: secrets, origin: origin)
    }

    public func damage() throws(StorageError) -> String? {
        var connection = try SQLiteConnection(path: database)
        return try connection.withStatement("PRAGMA integrity_check(1)") { statement throws(StorageError) in
            guard try statement.step() else { return "no answer" }
            let answer = statement.text(0)
            return answer == "ok" ? nil : answer
        }
    }
}

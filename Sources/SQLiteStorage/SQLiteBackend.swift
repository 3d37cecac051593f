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
        guard isReadOnly else {
            do { return try SQLiteProjectionStore(path: views, origin: origin) } catch {
                guard error.code == .corrupt, try discardDamagedProjections() else { throw error }
                return try SQLiteProjectionStore(path: views, origin: origin)
            }
        }
        return try SQLiteProjectionStore(reading: try existing(views), origin: origin)
    }

    public func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
        try SQLiteProjectionStore(path: folder + "/projections.db", origin: origin)
    }

    public func openSecrets(origin: String) throws(StorageError) -> any SecretStore {
        guard isReadOnly else { return try SQLiteSecretStore(path: secrets, origin: origin) }
        return try SQLiteSecretStore(reading: try existing(secrets), origin: origin)
    }

    public func damage() throws(StorageError) -> [StorageDamage] {
        var damage: [StorageDamage] = []
        for (part, file, migrations) in [
            (StorageDamage.Part.log, database, Migrations.log), (.lists, views, nil),
            (.secrets, secrets, Migrations.secrets),
        ] where unsafe access(file, F_OK) == 0 {
            guard let finding = try Self.damage(of: file, migrations: migrations) else { continue }
            damage.append(StorageDamage(part, file: file, finding: finding))
        }
        return damage
    }

    public func discardDamagedProjections() throws(StorageError) -> Bool {
        guard unsafe access(views, F_OK) == 0, try Self.damage(of: views, migrations: nil) != nil else { return false }
        for suffix in ["", "-wal", "-shm"] {
            guard unsafe unlink(views + suffix) == 0 || errno == ENOENT else {
                throw StorageError(.unavailable, detail: "remove \(views)")
            }
        }
        return true
    }

    /// What is wrong with a file; indexes are compared with their tables too, since queries believe them.
    private static func damage(of file: String, migrations: [Migration]?) throws(StorageError) -> String? {
        do throws(StorageError) {
            var connection = try SQLiteConnection.reading(file)
            let answer = try connection.texts("PRAGMA integrity_check(1)").first ?? "no answer"
            guard answer == "ok" else { return answer }
            guard let migrations else { return nil }
            var fresh = try SQLiteConnection(path: ":memory:")
            try Migration.apply(migrations, to: &fresh)
            // A trigger or a view of somebody else works on every write of ours; a missing index or trigger lets through.
            let schema = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name"
            let names = "SELECT name FROM migrations ORDER BY number"
            for query in [schema, names] {
                let (found, due) = (try connection.texts(query), try fresh.texts(query))
                guard let stranger = Set(found).symmetricDifference(due).min() else { continue }
                return "\(found.contains(stranger) ? "not ours" : "missing"): \(stranger.prefix(60))"
            }
            return nil
        } catch {
            guard error.code == .corrupt || error.code == .incompatible else { throw error }
            return "it is no database of ours: \(error.detail)"
        }
    }

    private func existing(_ path: String) throws(StorageError) -> String {
        guard unsafe access(path, F_OK) == 0 else { throw StorageError(.missing, detail: path) }
        return path
    }
}

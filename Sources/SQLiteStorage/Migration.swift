import Storage

/// Schema changes: plain SQL, applied in order, recorded, never edited after release.
struct Migration: Sendable {
    let name: String
    let sql: String

    /// Brings a database to the newest schema; refuses one that knows more than this version.
    static func apply(_ migrations: [Migration], to connection: inout SQLiteConnection) throws(StorageError) {
        try connection.transaction { connection throws(StorageError) in
            try connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
            let known = try connection.texts("SELECT name FROM migrations ORDER BY number")
            guard known.count <= migrations.count, zip(known, migrations).allSatisfy({ $0 == $1.name }) else {
                throw StorageError(.incompatible, detail: "migrations \(known)")
            }
            for (number, migration) in migrations.enumerated().dropFirst(known.count) {
                try connection.execute(migration.sql)
                try connection.run(
                    "INSERT INTO migrations (number, name) VALUES (?, ?)", .integer(Int64(number)),
                    .text(migration.name))
            }
        }
    }
}

import CSQLite

/// What SQLite alone does with the same bytes: one table, one prepared statement, 100 rows a commit.
@safe struct RawInserts: ~Copyable {
    private let database: OpaquePointer
    private let insert: OpaquePointer

    init(path: String) throws {
        var opened: OpaquePointer?
        var prepared: OpaquePointer?
        let setup = """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE entries (idx INTEGER PRIMARY KEY, entry BLOB NOT NULL)
            """
        guard unsafe sqlite3_open(path, &opened) == SQLITE_OK, let database = unsafe opened,
            unsafe sqlite3_exec(database, setup, nil, nil, nil) == SQLITE_OK,
            unsafe sqlite3_prepare_v2(database, "INSERT INTO entries (entry) VALUES (?)", -1, &prepared, nil)
                == SQLITE_OK,
            let insert = unsafe prepared
        else { throw BenchmarkError("SQLite cannot open \(path)") }
        unsafe (self.database, self.insert) = (database, insert)
    }

    deinit {
        unsafe sqlite3_finalize(insert)
        unsafe sqlite3_close(database)
    }

    /// Inserts the bytes `count` times, in commits of so many rows.
    func add(_ bytes: [UInt8], count: Int, perCommit rows: Int) throws {
        for first in stride(from: 0, to: count, by: rows) {
            try execute("BEGIN IMMEDIATE")
            for _ in first..<min(first + rows, count) {
                let status = unsafe csqlite_bind_blob(insert, 1, bytes, UInt64(bytes.count))
                guard status == SQLITE_OK, unsafe sqlite3_step(insert) == SQLITE_DONE,
                    unsafe sqlite3_reset(insert) == SQLITE_OK
                else { throw BenchmarkError("insert") }
            }
            try execute("COMMIT")
        }
    }

    private func execute(_ sql: String) throws {
        guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw BenchmarkError(sql) }
    }
}

import CSQLite

/// A SQLite connection of the tests' own, beside the product's.
final class RawDatabase {
    struct Failure: Error, Equatable { let status: Int32 }

    private var handle: OpaquePointer?

    init(_ path: String, vfs: String? = nil) throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let status = sqlite3_open_v2(path, &handle, flags, vfs)
        guard status == SQLITE_OK else {
            sqlite3_close_v2(handle)
            throw Failure(status: status)
        }
        sqlite3_busy_timeout(handle, 5_000)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements.
    func execute(_ sql: String) throws {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw Failure(status: status) }
    }

    /// The first column of the first row, or nil when there is none.
    func integer(_ sql: String) throws -> Int64? {
        var statement: OpaquePointer?
        let status = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        guard status == SQLITE_OK else { throw Failure(status: status) }
        return sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : nil
    }
}

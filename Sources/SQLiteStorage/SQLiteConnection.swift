import CSQLite
import Glibc
import Storage

/// Owns one open connection; being noncopyable, it is closed exactly once.
///
/// Not shared: each connection belongs to one actor with a queue of its own.
@safe struct SQLiteConnection: ~Copyable {
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = unsafe [:]

    /// Opens or creates a database file.
    init(path: String, vfs: String? = nil) throws(StorageError) {
        try self.init(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs)
    }

    private init(_ path: String, _ access: Int32, _ vfs: String? = nil) throws(StorageError) {
        var opened: OpaquePointer?
        let status = unsafe sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard status == SQLITE_OK, let handle = unsafe opened, unsafe csqlite_defend(handle) == SQLITE_OK else {
            // "Whether or not an error occurs when it is opened, resources … should be released" (c3ref/open).
            unsafe sqlite3_close_v2(opened)
            throw StorageError(.unavailable, detail: "sqlite3_open_v2 answered \(status) for \(path)")
        }
        unsafe self.handle = handle
        unsafe sqlite3_busy_timeout(handle, 30_000)
    }

    /// Opens a file that is only looked at, also where nothing can be written, such as a mounted copy.
    ///
    /// Without a write-ahead log beside it such a file is all there is, and SQLite need not keep others from it.
    static func reading(_ path: String) throws(StorageError) -> SQLiteConnection {
        let probe = "SELECT 1 FROM sqlite_schema LIMIT 1"
        do throws(StorageError) {
            let connection = try SQLiteConnection(path, SQLITE_OPEN_READONLY)
            try connection.execute(probe)
            return connection
        } catch {
            var log = stat()
            guard unsafe stat(path + "-wal", &log) != 0 || log.st_size == 0 else { throw error }
            let name = "file:\(escaped(path))?immutable=1"
            let connection = try SQLiteConnection(name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
            try connection.execute(probe)
            return connection
        }
    }

    /// A path as it is written in a URI.
    private static func escaped(_ path: String) -> String {
        path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                String(UnicodeScalar(byte))
            default: "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
        }.joined()
    }

    deinit {
        unsafe statements.values.forEach { unsafe sqlite3_finalize($0) }
        unsafe sqlite3_close_v2(handle)
    }

    /// Runs statements that answer nothing.
    func execute(_ sql: String) throws(StorageError) {
        let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status, sql) }
    }

    /// Lends a statement, prepared once per connection, and resets it after, so that it holds no lock.
    mutating func withStatement<Result>(
        _ sql: String, _ body: (borrowing SQLiteStatement) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let statement = unsafe SQLiteStatement(borrowing: try prepared(sql), of: handle)
        defer { statement.reset() }
        return try body(statement)
    }

    /// Runs a statement that answers nothing, with its values bound in order.
    mutating func run(_ sql: String, _ values: SQLiteValue...) throws(StorageError) {
        try withStatement(sql) { statement throws(StorageError) in
            try statement.bind(values)
            while try statement.step() {}
        }
    }

    /// The first column of every row that a statement answers.
    mutating func texts(_ sql: String) throws(StorageError) -> [String] {
        try withStatement(sql) { statement throws(StorageError) in
            var texts: [String] = []
            while try statement.step() { texts.append(statement.text(0)) }
            return texts
        }
    }

    /// Runs `body` between `BEGIN` and `COMMIT`, rolling back when it throws.
    mutating func transaction<Result>(
        _ begin: String = "BEGIN IMMEDIATE", _ body: (inout SQLiteConnection) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try run(begin)
        do {
            let result = try body(&self)
            try run("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Ends the open transaction without its changes.
    ///
    /// Some failures end it by themselves; then there is nothing to do.
    mutating func rollBack() {
        if unsafe sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
    }

    /// Refuses to write into a file that was removed or replaced, where nobody would find it again.
    func checkPlace() throws(StorageError) {
        var hasMoved: Int32 = 0
        guard unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved) == SQLITE_OK else {
            return  // this file system cannot tell
        }
        guard hasMoved == 0 else { throw StorageError(.unavailable, detail: "the file was replaced while in use") }
    }

    /// Lets this connection append entries, which the database refuses to every other program.
    func allowAppends() throws(StorageError) {
        let status = unsafe csqlite_allow_appends(handle)
        guard status == SQLITE_OK else { throw failure(status, "cxrledger_appends") }
    }

    /// How many rows the last statement changed.
    var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    /// Turns a status into an error that names the statement, never a value.
    func failure(_ status: Int32, _ sql: String) -> StorageError {
        unsafe SQLiteStatement.failure(status, handle, sql)
    }

    private mutating func prepared(_ sql: String) throws(StorageError) -> OpaquePointer {
        if let known = unsafe statements[sql] { return unsafe known }
        var prepared: OpaquePointer?
        let status = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard status == SQLITE_OK, let prepared = unsafe prepared else { throw failure(status, sql) }
        unsafe statements[sql] = prepared
        return unsafe prepared
    }
}

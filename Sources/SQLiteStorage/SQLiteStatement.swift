import CSQLite
import Crypto
import Storage

/// A value to bind.
enum SQLiteValue {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    init(_ value: TableValue) {
        switch value {
        case .null: self = .null
        case .integer(let number): self = .integer(number)
        case .text(let text): self = .text(text)
        }
    }
}

/// A prepared statement, lent by its connection.
@safe struct SQLiteStatement: ~Copyable {
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    init(borrowing handle: OpaquePointer, of connection: OpaquePointer) {
        unsafe (self.handle, self.connection) = (handle, connection)
    }

    /// Binds values to the parameters 1, 2, …; SQLite copies them.
    func bind(_ values: [SQLiteValue]) throws(StorageError) {
        for (offset, value) in values.enumerated() {
            let index = Int32(offset + 1)
            let status: Int32
            switch value {
            case .null: status = unsafe sqlite3_bind_null(handle, index)
            case .integer(let number): status = unsafe sqlite3_bind_int64(handle, index, number)
            case .text(let text):
                var text = text
                status = text.withUTF8 { utf8 in
                    unsafe utf8.withMemoryRebound(to: CChar.self) {
                        unsafe csqlite_bind_text(handle, index, $0.baseAddress, UInt64($0.count))
                    }
                }
            case .blob(let bytes):
                status = unsafe bytes.withUnsafeBytes {
                    unsafe csqlite_bind_blob(handle, index, $0.baseAddress, UInt64($0.count))
                }
            }
            guard status == SQLITE_OK else { throw failure(status) }
        }
    }

    /// Moves to the next row; false when there is none.
    func step() throws(StorageError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let status: throw failure(status)
        }
    }

    func integer(_ column: Int) -> Int64 { unsafe sqlite3_column_int64(handle, Int32(column)) }

    func isNull(_ column: Int) -> Bool { unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

    func text(_ column: Int) -> String { String(decoding: blob(column), as: UTF8.self) }

    func blob(_ column: Int) -> [UInt8] {
        withBlob(column) { [UInt8]($0) }
    }

    /// Lends the bytes of a column until the next step.
    func withBlob<Result>(_ column: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        // The pointer must be asked for before the length (c3ref/column_blob); text is stored as UTF-8.
        let bytes = unsafe sqlite3_column_blob(handle, Int32(column))
        let count = Int(unsafe sqlite3_column_bytes(handle, Int32(column)))
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
        return unsafe body(buffer.bindMemory(to: UInt8.self).span)
    }

    /// Ends the execution and forgets the bound values.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    private func failure(_ status: Int32) -> StorageError {
        unsafe Self.failure(status, connection, String(cString: sqlite3_sql(handle)))
    }

    static func failure(_ status: Int32, _ connection: OpaquePointer, _ sql: String) -> StorageError {
        let code: StorageError.Code =
            switch status & 0xFF {
            case SQLITE_FULL: .full
            case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CONSTRAINT, SQLITE_MISMATCH: .corrupt
            default: .unavailable
            }
        let message = unsafe String(cString: sqlite3_errmsg(connection))
        return StorageError(code, detail: "SQLite \(status) (\(message)) at: \(sql)")
    }
}

import CPostgres

/// What PostgreSQL alone does with the same bytes: one table, one connection, one prepared statement, 100 rows a commit.
@safe final class RawPostgresInserts {
    private let connection: OpaquePointer

    init(address: String) throws {
        guard let connection = unsafe PQconnectdb(address) else { throw BenchmarkError("out of memory") }
        unsafe self.connection = connection
        unsafe PQsetNoticeReceiver(connection, { _, _ in }, nil)
        for sql in [
            "DROP TABLE IF EXISTS raw",
            "CREATE TABLE raw (idx bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry bytea NOT NULL)",
            "PREPARE add (bytea) AS INSERT INTO raw (entry) VALUES ($1)",
        ] { try execute(sql) }
    }

    deinit { unsafe PQfinish(connection) }

    /// Inserts the bytes `count` times, in commits of 100.
    func add(_ bytes: [UInt8], count: Int) throws {
        for first in stride(from: 0, to: count, by: 100) {
            try execute("BEGIN")
            for _ in first..<min(first + 100, count) { try insert(bytes) }
            try execute("COMMIT")
        }
    }

    private func insert(_ bytes: [UInt8]) throws {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            var (length, format) = (Int32(buffer.count), Int32(1))
            var value = unsafe buffer.bindMemory(to: CChar.self).baseAddress
            return unsafe PQexecPrepared(connection, "add", 1, &value, &length, &format, 1)
        }
        try unsafe check(result, "insert")
    }

    private func execute(_ sql: String) throws { try unsafe check(PQexec(connection, sql), sql) }

    private func check(_ result: OpaquePointer?, _ what: String) throws {
        defer { unsafe PQclear(result) }
        guard unsafe PQresultStatus(result) == PGRES_COMMAND_OK else {
            throw BenchmarkError("\(what): \(unsafe String(cString: PQerrorMessage(connection)))")
        }
    }
}

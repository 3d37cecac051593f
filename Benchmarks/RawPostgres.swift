import CPostgres

/// What PostgreSQL alone does with the same bytes: one table, one connection, one prepared statement.
@safe final class RawPostgres {
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

    /// Inserts the bytes `count` times, in commits of so many rows; a commit of one is the statement's own.
    func add(_ bytes: [UInt8], count: Int, perCommit rows: Int = 100) throws {
        for first in stride(from: 0, to: count, by: rows) {
            if rows > 1 { try execute("BEGIN") }
            for _ in first..<min(first + rows, count) { try insert(bytes) }
            if rows > 1 { try execute("COMMIT") }
        }
    }

    /// Copies entries in, in one transaction.
    func copyIn(_ entries: [[UInt8]]) throws {
        try unsafe check(PQexec(connection, "COPY raw (entry) FROM STDIN (FORMAT binary)"), "COPY", PGRES_COPY_IN)
        var piece = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0] + [UInt8](repeating: 0, count: 8)
        for entry in entries {
            piece += [0, 1] + (0..<4).map { UInt8(truncatingIfNeeded: entry.count >> (24 - 8 * $0)) } + entry
            if piece.count > 1 << 18 {
                try send(piece)
                piece.removeAll(keepingCapacity: true)
            }
        }
        try send(piece + [0xff, 0xff])
        guard unsafe PQputCopyEnd(connection, nil) == 1 else { throw BenchmarkError("COPY") }
        while let result = unsafe PQgetResult(connection) { try unsafe check(result, "COPY") }
    }

    /// Copies rows out and forgets them.
    ///
    /// - Returns: how many bytes they had.
    func copyOut(_ query: String) throws -> Int {
        let sql = "COPY (\(query)) TO STDOUT (FORMAT binary)"
        try unsafe check(PQexec(connection, sql), sql, PGRES_COPY_OUT)
        var (total, line): (Int, UnsafeMutablePointer<CChar>?) = (0, nil)
        while true {
            let count = unsafe PQgetCopyData(connection, &line, 0)
            guard count > 0 else { break }
            total += Int(count)
            unsafe PQfreemem(line)
        }
        while let result = unsafe PQgetResult(connection) { try unsafe check(result, sql) }
        return total
    }

    private func send(_ bytes: [UInt8]) throws {
        let isSent = unsafe bytes.withUnsafeBytes { buffer in
            unsafe PQputCopyData(connection, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count)) == 1
        }
        guard isSent else { throw BenchmarkError("COPY") }
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

    private func check(
        _ result: OpaquePointer?, _ what: String, _ status: ExecStatusType = PGRES_COMMAND_OK
    ) throws {
        defer { unsafe PQclear(result) }
        guard unsafe PQresultStatus(result) == status else {
            throw BenchmarkError("\(what): \(unsafe String(cString: PQerrorMessage(connection)))")
        }
    }
}

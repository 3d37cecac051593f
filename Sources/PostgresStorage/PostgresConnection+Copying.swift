import CPostgres
import Storage

extension PostgresConnection {
    /// Sends so many rows in the format of `COPY … FROM STDIN (FORMAT binary)`, which the server takes in while the next are
    /// made.
    func copy(_ sql: String, count: Int, _ add: (Int, inout CopyRows) -> Void) throws(StorageError) {
        let begun = unsafe PQexec(handle, sql)
        guard unsafe PQresultStatus(begun) == PGRES_COPY_IN else {
            _ = try unsafe self.rows(begun, of: sql)
            throw failure(sql)
        }
        unsafe PQclear(begun)
        var rows = CopyRows()
        var isSent = true
        for number in 0..<count where isSent {
            add(number, &rows)
            if rows.isPieceFull { isSent = put(rows.take()) }
        }
        isSent = isSent && put(rows.take(isLast: true))
        guard unsafe PQputCopyEnd(handle, isSent ? nil : "not sent") == 1 else { throw failure(sql) }
        var failure: StorageError?
        while let result = unsafe PQgetResult(handle) {
            do throws(StorageError) { _ = try unsafe self.rows(result, of: sql) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func put(_ piece: [UInt8]) -> Bool {
        unsafe piece.withUnsafeBytes { bytes in
            let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress
            return unsafe PQputCopyData(handle, start, Int32(bytes.count)) == 1
        }
    }

    /// Reads rows in the format of `COPY … TO STDOUT (FORMAT binary)`, while the server makes the next ones.
    ///
    /// `body` gets one value after the other, with the number of its column; an empty one may be null.
    func copyOut(_ sql: String, _ body: (_ column: Int, _ value: Span<UInt8>, _ isNull: Bool) -> Void)
        throws(StorageError)
    {
        let begun = unsafe PQexec(handle, sql)
        guard unsafe PQresultStatus(begun) == PGRES_COPY_OUT else {
            _ = try unsafe rows(begun, of: sql)
            throw failure(sql)
        }
        unsafe PQclear(begun)
        var isFirst = true
        while true {
            var message: UnsafeMutablePointer<CChar>?
            let count = unsafe Int(PQgetCopyData(handle, &message, 0))
            guard count >= 0 else { break }
            defer { unsafe PQfreemem(message) }
            let bytes = unsafe UnsafeRawBufferPointer(start: message, count: count).bindMemory(to: UInt8.self)
            unsafe Self.forEachValue(bytes.span, isFirst: isFirst, body)
            isFirst = false
        }
        var failure: StorageError?
        while let result = unsafe PQgetResult(handle) {
            do throws(StorageError) { _ = try unsafe rows(result, of: sql) } catch { failure = error }
        }
        if let failure { throw failure }
        guard isOpen else { throw self.failure(sql) }
    }

    /// The header of 19 bytes stands before the first row, and -1 in place of the number of values behind the last
    /// (PostgreSQL documentation, COPY, "Binary Format").
    private static func forEachValue(
        _ message: Span<UInt8>, isFirst: Bool, _ body: (_ column: Int, _ value: Span<UInt8>, _ isNull: Bool) -> Void
    ) {
        var position = isFirst ? 19 : 0
        func integer(_ width: Int) -> Int64 {
            defer { position += width }
            return (position..<position + width).reduce(0) { $0 << 8 | Int64(message[$1]) }
        }
        let columns = Int(Int16(truncatingIfNeeded: integer(2)))
        for column in 0..<max(0, columns) {
            let count = Int(Int32(truncatingIfNeeded: integer(4)))
            body(column, message.extracting(position..<position + max(0, count)), count < 0)
            position += max(0, count)
        }
    }
}

import CPostgres
import Storage

/// Owns one connection to a server; being noncopyable, it is closed exactly once.
///
/// Its calls block, so it belongs to a thread of its own. Values travel in binary, statements are prepared once.
@safe struct PostgresConnection: ~Copyable {
    let handle: OpaquePointer
    private var prepared: [String: String] = [:]
    /// False once the answers of the server can no longer be told apart.
    private var isUsable = true

    /// What holds unless the address says otherwise, in libpq's words: seconds, and milliseconds for `tcp_user_timeout`.
    ///
    /// A server that vanished without a word is given up within 5 s, whether an answer is due or a request is under way.
    private static let defaults = [
        ("application_name", "cxrledger"), ("connect_timeout", "3"), ("keepalives_idle", "2"),
        ("keepalives_interval", "1"), ("keepalives_count", "3"), ("tcp_user_timeout", "5000"),
    ]

    /// Connects.
    ///
    /// - Throws: `.unavailable` when nobody answers there or lets us in.
    init(_ address: String) throws(StorageError) {
        try Self.check(address)
        let words = Self.defaults + [("dbname", address), ("client_encoding", "UTF8")]
        let opened = unsafe Self.withCStrings(words.map(\.0)) { keywords in
            unsafe Self.withCStrings(words.map(\.1)) { unsafe PQconnectdbParams(keywords, $0, 1) }
        }
        guard let handle = unsafe opened else { throw StorageError(.unavailable, detail: "out of memory") }
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            // libpq's message names host, database and user, never the password.
            let message = unsafe String(cString: PQerrorMessage(handle)).split(separator: "\n").joined(separator: "; ")
            unsafe PQfinish(handle)
            throw StorageError(.unavailable, detail: StorageError.noConnection + message)
        }
        unsafe self.handle = handle
        // Notices would go to standard error.
        unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
    }

    /// Refuses what libpq cannot read, with its own words only where they can hold no piece of a password.
    private static func check(_ address: String) throws(StorageError) {
        var complaint: UnsafeMutablePointer<CChar>?
        let options = unsafe PQconninfoParse(address, &complaint)
        defer {
            unsafe PQconninfoFree(options)
            unsafe PQfreemem(complaint)
        }
        guard unsafe options == nil else { return }
        let message = unsafe complaint.map { unsafe String(cString: $0) } ?? ""
        let isAboutName = ["invalid URI query parameter", "invalid connection option"].contains(
            where: message.hasPrefix)
        throw StorageError(
            .unavailable,
            detail: StorageError.noConnection + "the address cannot be read" + (isAboutName ? ": \(message)" : ""))
    }

    deinit { unsafe PQfinish(handle) }

    /// Whether it can be used any longer.
    var isOpen: Bool { unsafe isUsable && PQstatus(handle) == CONNECTION_OK }

    /// Whether a transaction is open and none of its statements has failed.
    var isInTransaction: Bool { unsafe PQtransactionStatus(handle) == PQTRANS_INTRANS }

    /// Ends the open transaction without its changes, if there is one.
    func rollBack() {
        if unsafe PQtransactionStatus(handle) != PQTRANS_IDLE { try? execute("ROLLBACK") }
    }

    /// Runs any number of statements that answer nothing and have no parameters.
    func execute(_ sql: String) throws(StorageError) { _ = try unsafe rows(PQexec(handle, sql), of: sql) }

    /// Runs statements one after the other without waiting in between; the first failure ends them all.
    ///
    /// - Returns: what the last one answers.
    mutating func run(_ statements: [PostgresStatement]) throws(StorageError) -> PostgresRows {
        precondition(!statements.isEmpty, "somebody wants an answer")
        var start = 0
        while start + Self.pipeline < statements.count {
            _ = try pipeline(statements[start..<start + Self.pipeline])
            start += Self.pipeline
        }
        return try pipeline(statements[start...])
    }

    /// How many statements are sent before their answers are read: of more, both sides could wait for the other to read.
    private static let pipeline = 128

    private mutating func pipeline(_ statements: ArraySlice<PostgresStatement>) throws(StorageError) -> PostgresRows {
        var names: [String] = []
        for statement in statements { names.append(try prepare(statement)) }
        guard unsafe PQenterPipelineMode(handle) == 1 else { throw failure("pipeline") }
        var last: PostgresRows?
        var failure: StorageError?
        for (statement, name) in zip(statements, names) {
            let isSent = unsafe Self.withParameters(statement.values) { count, pointers, lengths, formats in
                unsafe PQsendQueryPrepared(handle, name, count, pointers, lengths, formats, 1)
            }
            if isSent != 1 { failure = failure ?? self.failure(statement.sql) }
        }
        if unsafe PQpipelineSync(handle) != 1 { failure = failure ?? self.failure("pipeline") }
        for statement in statements where isOpen {
            do throws(StorageError) { last = try unsafe rows(PQgetResult(handle), of: statement.sql) } catch {
                failure = failure ?? error
            }
            // Each answer ends with nothing.
            while let more = unsafe PQgetResult(handle) { unsafe PQclear(more) }
        }
        // Statements without BEGIN are committed here, and the server says whether it could.
        var isSynchronised = false
        while isOpen, !isSynchronised {
            guard let end = unsafe PQgetResult(handle) else { break }
            isSynchronised = unsafe PQresultStatus(end) == PGRES_PIPELINE_SYNC
            guard !isSynchronised else { unsafe PQclear(end); break }
            do throws(StorageError) { _ = try unsafe rows(end, of: "commit") } catch { failure = failure ?? error }
            while let more = unsafe PQgetResult(handle) { unsafe PQclear(more) }
        }
        isUsable = unsafe PQexitPipelineMode(handle) == 1 && isSynchronised
        if !isUsable { failure = failure ?? self.failure("pipeline") }
        if let failure { throw failure }
        guard let last else { throw self.failure("pipeline") }
        return last
    }

    private mutating func prepare(_ statement: PostgresStatement) throws(StorageError) -> String {
        let sql = statement.sql
        if let known = prepared[sql] { return known }
        let name = "cxrledger_\(prepared.count)"
        let types = statement.values.map(\.type)
        let result = unsafe types.withUnsafeBufferPointer {
            unsafe PQprepare(handle, name, sql, Int32($0.count), $0.baseAddress)
        }
        _ = try unsafe rows(result, of: sql)
        prepared[sql] = name
        return name
    }

    func rows(_ result: OpaquePointer?, of sql: String) throws(StorageError) -> PostgresRows {
        guard let result = unsafe result else { throw failure(sql) }
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return unsafe PostgresRows(owning: result)
        default:
            let state = unsafe Self.field("C", of: result)
            let message = unsafe Self.field("M", of: result)
            let isLost = unsafe ["FATAL", "PANIC"].contains(Self.field("V", of: result))
            unsafe PQclear(result)
            guard !state.isEmpty else { throw failure(sql) }
            // What the server gave up with is no verdict on the statement, which may be committed.
            throw StorageError(
                isLost ? .unavailable : Self.code(of: state), detail: "Postgres \(state) (\(message)) at: \(sql)")
        }
    }

    /// A field of an error: `C` the SQLSTATE, `V` the severity in English, `M` the sentence without the values that DETAIL would give away.
    private static func field(_ name: Unicode.Scalar, of result: OpaquePointer) -> String {
        unsafe PQresultErrorField(result, Int32(name.value)).map { unsafe String(cString: $0) } ?? ""
    }

    /// What an SQLSTATE means here (PostgreSQL documentation, appendix A).
    private static func code(of state: String) -> StorageError.Code {
        switch state.prefix(2) {
        case "23", "22", "XX": .corrupt
        case "53": state == "53100" ? .full : .unavailable
        case "42": state == "42P01" || state == "42703" || state == "42883" ? .schema : .unavailable
        case "3F": .schema
        default: .unavailable
        }
    }

    /// What libpq itself complains of.
    func failure(_ sql: String) -> StorageError {
        let message = unsafe String(cString: PQerrorMessage(handle))
        // A connection that nothing can be sent on is open for libpq until it reads from it.
        _ = unsafe PQconsumeInput(handle)
        return StorageError(.unavailable, detail: "Postgres (\(message)) at: \(sql)")
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let bytes = texts.flatMap { Array($0.utf8CString) }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            var start = 0
            for text in texts {
                unsafe pointers.append(buffer.baseAddress.map { unsafe $0 + start })
                start += text.utf8CString.count
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { list in
                guard let base = list.baseAddress else { preconditionFailure("it ends with nil, so it is not empty") }
                return unsafe body(base)
            }
        }
    }

    private static func withParameters<Result>(
        _ values: [PostgresValue],
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        let encoded = values.map(\.encoded)
        // One byte more, so that the place of an empty value is not that of null.
        let bytes = encoded.reduce(into: [UInt8]()) { $0 += $1 ?? [] } + [0]
        let lengths = encoded.map { Int32($0?.count ?? 0) }
        let formats = values.map { _ in Int32(1) }
        return unsafe bytes.withUnsafeBytes { buffer in
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            var start = 0
            for value in encoded {
                let place = unsafe buffer.baseAddress.map { unsafe ($0 + start).assumingMemoryBound(to: CChar.self) }
                unsafe pointers.append(value == nil ? nil : place)
                start += value?.count ?? 0
            }
            return unsafe pointers.withUnsafeBufferPointer { list in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe formats.withUnsafeBufferPointer { formats in
                        unsafe body(Int32(values.count), list.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}

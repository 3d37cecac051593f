import Storage

/// The connection that a worker's jobs share; it stays on the worker's queue.
///
/// Made when it is first needed, and again when it was lost.
final class PostgresSession {
    private let address: String
    private let setup: [String]
    private var connection: PostgresConnection?
    /// What goes with the next statement that somebody waits for, so that it costs no trip of its own.
    private var waiting: [PostgresStatement] = []
    /// Whether the transaction has reached the server.
    private var hasBegun = false

    /// Who holds locks of the log and says nothing for so long loses the connection, and with it the locks.
    static let writing = "SET idle_in_transaction_session_timeout = '3s'"
    /// The same of all others, whom only a change of tables waits for.
    private static let idling = "SET idle_in_transaction_session_timeout = '10s'"

    /// `setup` is run on every new connection.
    init(_ address: String, setup: [String]) { (self.address, self.setup) = (address, [Self.idling] + setup) }

    /// Runs `body` between `begin` and `COMMIT`, rolling back when it throws.
    ///
    /// - Throws: what `body` throws; after `.unavailable` the outcome of the commit itself may be unknown.
    func transaction<Result>(
        _ begin: String, _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        (waiting, hasBegun) = ([PostgresStatement(begin)], false)
        do throws(StorageError) {
            let result = try body()
            try commit()
            return result
        } catch {
            connection?.rollBack()
            throw error
        }
    }

    /// Runs a statement that is a transaction by itself, in one trip.
    ///
    /// - Returns: its answer; nil when no server is reached, and nothing was sent.
    /// - Throws: after `.unavailable` nobody knows whether it was committed.
    func runAtOnce(_ statement: PostgresStatement) throws(StorageError) -> PostgresRows? {
        do { try open() } catch { return nil }
        connection?.rollBack()  // within a transaction it would be committed by nobody
        return try connection?.run([statement])
    }

    /// Runs any number of statements of a transaction that answer nothing and have no parameters.
    func execute(_ sql: String) throws(StorageError) {
        if !waiting.isEmpty { _ = try flush() }
        guard try connection?.execute(sql) != nil else { throw Self.closed }
    }

    /// Runs one statement of a transaction with its parameters.
    func run(_ sql: String, _ values: PostgresValue...) throws(StorageError) -> PostgresRows { try run(sql, values) }

    /// The same with a list of them.
    func run(_ sql: String, _ values: [PostgresValue]) throws(StorageError) -> PostgresRows {
        waiting.append(PostgresStatement(sql, values))
        return try flush()
    }

    /// Runs statements whose answers nobody waits for before the transaction's next one, or its end.
    func enqueue(_ sql: String, _ values: PostgresValue...) { waiting.append(PostgresStatement(sql, values)) }

    /// The same with many.
    func enqueue(_ statements: [PostgresStatement]) { waiting += statements }

    /// Reads the rows of a question as part of a transaction, value by value.
    func copyOut(
        _ question: String, _ body: (_ column: Int, _ value: Span<UInt8>, _ isNull: Bool) -> Void
    ) throws(StorageError) {
        if !waiting.isEmpty { _ = try flush() }
        let sql = "COPY (\(question)) TO STDOUT (FORMAT binary)"
        guard try connection?.copyOut(sql, body) != nil else { throw Self.closed }
    }

    /// Sends so many rows to a table, which are made one after the other, as part of a transaction.
    func copy(_ sql: String, count: Int, _ add: (Int, inout CopyRows) -> Void) throws(StorageError) {
        if !waiting.isEmpty { _ = try flush() }
        guard try connection?.copy(sql, count: count, add) != nil else { throw Self.closed }
    }

    private static let closed = StorageError(.unavailable, detail: "the connection was lost")

    /// Sends what waits.
    ///
    /// - Returns: the last answer.
    private func flush() throws(StorageError) -> PostgresRows {
        let statements = waiting
        waiting = []
        if !hasBegun { try open() }
        do throws(StorageError) { return try send(statements) } catch {
            // A server that was restarted is noticed by the first statements, which have done nothing.
            guard !hasBegun, !isOpen else { throw error }
            try open()
            return try send(statements)
        }
    }

    private func send(_ statements: [PostgresStatement]) throws(StorageError) -> PostgresRows {
        guard let rows = try connection?.run(statements) else { throw Self.closed }
        hasBegun = true
        return rows
    }

    private func commit() throws(StorageError) {
        // Without this the server would call it a success to commit nothing on a new connection, or what has failed.
        guard !hasBegun || connection?.isInTransaction == true else { throw Self.closed }
        guard hasBegun || waiting.count > 1 else { return }
        if !hasBegun { _ = try flush() }
        waiting.append(PostgresStatement("COMMIT"))
        _ = try flush()
    }

    private var isOpen: Bool { connection?.isOpen ?? false }

    private func open() throws(StorageError) {
        guard !isOpen else { return }
        connection = nil
        connection = try PostgresConnection(address)
        for statement in setup { try connection?.execute(statement) }
    }
}

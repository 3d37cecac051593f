import Storage

/// The connection that a worker's jobs share; it stays on the worker's queue.
///
/// Made when it is first needed, and again when it was lost.
final class PostgresSession {
    private let address: String
    private let setup: [String]
    private var connection: PostgresConnection?

    /// `setup` is run on every new connection.
    init(_ address: String, setup: [String]) { (self.address, self.setup) = (address, setup) }

    /// Runs `body` between `begin` and `COMMIT`, rolling back when it throws.
    ///
    /// - Throws: what `body` throws; after `.unavailable` the outcome of the commit itself may be unknown.
    func transaction<Result>(
        _ begin: String, _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try open()
        do throws(StorageError) { try execute(begin) } catch {
            // A server that was restarted is noticed by the first statement, which has done nothing yet.
            guard !isOpen else { throw error }
            try open()
            try execute(begin)
        }
        do throws(StorageError) {
            let result = try body()
            guard try connection?.commit() != nil else { throw StorageError(.unavailable, detail: "closed") }
            return result
        } catch {
            connection?.rollBack()
            throw error
        }
    }

    /// Runs statements of a transaction that answer nothing and have no parameters.
    func execute(_ sql: String) throws(StorageError) {
        guard try connection?.execute(sql) != nil else { throw StorageError(.unavailable, detail: "closed") }
    }

    /// Runs one statement of a transaction with its parameters.
    func run(_ sql: String, _ values: PostgresValue...) throws(StorageError) -> PostgresRows { try run(sql, values) }

    /// The same with a list of them.
    func run(_ sql: String, _ values: [PostgresValue]) throws(StorageError) -> PostgresRows {
        guard let rows = try connection?.run(sql, values) else { throw StorageError(.unavailable, detail: "closed") }
        return rows
    }

    /// Runs statements of a transaction one after the other without waiting in between.
    ///
    /// - Returns: how many rows each inserted or changed.
    func run(_ statements: [(sql: String, values: [PostgresValue])]) throws(StorageError) -> [Int] {
        guard let changed = try connection?.run(statements) else { throw StorageError(.unavailable, detail: "closed") }
        return changed
    }

    private var isOpen: Bool { connection?.isOpen ?? false }

    private func open() throws(StorageError) {
        guard !isOpen else { return }
        connection = nil
        connection = try PostgresConnection(address)
        for statement in setup { try connection?.execute(statement) }
    }
}

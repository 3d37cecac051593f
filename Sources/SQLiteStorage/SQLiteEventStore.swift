import Concurrency
import Crypto
import Ledger
public import Storage

/// The event store in one SQLite file: WAL, `synchronous=FULL`, one writing connection and several reading ones.
///
/// Any number of processes may open the same file; `BEGIN IMMEDIATE` is the fence.
public final class SQLiteEventStore: EventStore {
    public let origin: String
    private let log: Int64
    /// Nil when the log is only read.
    private let writer: SQLiteWorker?
    private let readers: SerialWorkers<SQLiteSession>
    private let growth: GrowthWatch

    /// Opens or creates a database file and the log of this origin in it.
    public init(path: String, origin: String, readers: Int = 2, vfs: String? = nil) throws(StorageError) {
        var connection = try SQLiteConnection(path: path, vfs: vfs)
        try Self.configure(&connection)
        try Migration.apply(Migrations.log, to: &connection)
        try connection.allowAppends()
        try connection.run("INSERT INTO logs (origin) VALUES (?) ON CONFLICT DO NOTHING", .text(origin))
        log = try connection.withStatement("SELECT log FROM logs WHERE origin = ?") { statement throws(StorageError) in
            try statement.bind([.text(origin)])
            return try statement.step() ? statement.integer(0) : 0
        }
        self.origin = origin
        writer = SQLiteWorker(connection, label: "cxrledger.sqlite.writer")
        var pool: [SQLiteWorker] = []
        for number in 0..<readers {
            var connection = try SQLiteConnection(path: path, vfs: vfs)
            try Self.configure(&connection)
            pool.append(SQLiteWorker(connection, label: "cxrledger.sqlite.reader.\(number)"))
        }
        self.readers = SerialWorkers(pool)
        growth = Self.watch(self.readers, log)
    }

    /// Opens the log of this origin to be read, and changes nothing at all.
    ///
    /// - Throws: `.missing` when the database does not hold it.
    public init(reading path: String, origin: String) throws(StorageError) {
        var connection = try SQLiteConnection.reading(path)
        log = try connection.withStatement("SELECT log FROM logs WHERE origin = ?") { statement throws(StorageError) in
            try statement.bind([.text(origin)])
            guard try statement.step() else { throw StorageError(.missing, detail: "no log of this origin") }
            return statement.integer(0)
        }
        self.origin = origin
        writer = nil
        // A long log is verified on all cores.
        var pool = [SQLiteWorker(connection, label: "cxrledger.sqlite.reader.0")]
        for number in 1..<max(2, ProcessorCount.available) {
            pool.append(
                SQLiteWorker(try SQLiteConnection.reading(path), label: "cxrledger.sqlite.reader.\(number)"))
        }
        readers = SerialWorkers(pool)
        growth = Self.watch(readers, log)
    }

    /// The origins of the logs in a database file.
    public static func origins(path: String) throws(StorageError) -> [String] {
        var connection = try SQLiteConnection.reading(path)
        let hasLogs = try connection.withStatement("SELECT 1 FROM sqlite_schema WHERE name = 'logs'") {
            statement throws(StorageError) in
            try statement.step()
        }
        // A process may have ended between creating the file and its tables.
        guard hasLogs else { return [] }
        return try connection.withStatement("SELECT origin FROM logs ORDER BY log") { statement throws(StorageError) in
            var origins: [String] = []
            while try statement.step() { origins.append(statement.text(0)) }
            return origins
        }
    }

    public func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        guard let writer else { throw StorageError(.unavailable, detail: "opened to be read") }
        let (log, growth) = (log, growth)
        return try await writer.run { session throws(StorageError) in
            try session.connection.checkPlace()
            try session.connection.run("BEGIN IMMEDIATE")
            do throws(StorageError) {
                let (write, result) = try body(SQLiteLogReader(session: session, log: log))
                if let write { try Self.write(write, log: log, to: &session.connection) }
                try session.connection.run("COMMIT")
                if let write { growth.tell(write.head.size) }
                return result
            } catch {
                session.connection.rollBack()
                throw error
            }
        }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        let log = log
        return try await readers.next.run { session throws(StorageError) in
            try session.connection.run("BEGIN")
            defer { session.connection.rollBack() }
            return try body(SQLiteLogReader(session: session, log: log))
        }
    }

    public func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await growth.hasGrown(beyond: size, within: limit)
    }

    /// Looks for what other processes commit.
    private static func watch(_ readers: SerialWorkers<SQLiteSession>, _ log: Int64) -> GrowthWatch {
        GrowthWatch(every: .milliseconds(50)) {
            try? await readers.next.run { session throws(StorageError) in  // what fails is asked again
                try SQLiteLogReader(session: session, log: log).head()?.size
            }
        }
    }

    private static func configure(_ connection: inout SQLiteConnection) throws(StorageError) {
        try connection.execute(
            """
            PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
            PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
            PRAGMA wal_autocheckpoint = 2000
            """)
    }

    private static func write(
        _ batch: BatchWrite, log: Int64, to connection: inout SQLiteConnection
    ) throws(StorageError) {
        var next = try connection.withStatement("SELECT coalesce(max(idx) + 1, 0) FROM entries WHERE log = ?") {
            statement throws(StorageError) in
            try statement.bind([.integer(log)])
            return try statement.step() ? statement.integer(0) : 0
        }
        for entry in batch.entries {
            guard Int64(entry.index) == next, entry.bytes.count <= Entry.maximumSize else {
                throw StorageError(.corrupt, detail: "entry \(entry.index) cannot be added")
            }
            next += 1
            try connection.run(
                """
                INSERT OR ROLLBACK INTO entries (log, idx, event_id, stream, version, type, control, entry)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                .integer(log), .integer(Int64(entry.index)), .text(entry.eventID), .text(entry.stream),
                .integer(Int64(entry.version)), .text(entry.type), .integer(entry.isControl ? 1 : 0),
                .blob(entry.bytes))
        }
        for tile in batch.tiles {
            try connection.run(
                """
                INSERT INTO tiles (log, level, tile, hashes) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET hashes = excluded.hashes
                """,
                .integer(log), .integer(Int64(tile.level)), .integer(Int64(tile.index)), .blob(tile.bytes))
        }
        for record in batch.idempotency {
            try connection.run(
                "INSERT INTO idempotency (log, principal, key, request, idx) VALUES (?, ?, ?, ?, ?)",
                .integer(log), .text(record.principal), .text(record.key), .text(record.request),
                .integer(Int64(record.index)))
        }
        try connection.run(
            """
            INSERT INTO heads (log, size, root, epoch, recorded_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET size = excluded.size, root = excluded.root, epoch = excluded.epoch,
            recorded_at = excluded.recorded_at
            """,
            .integer(log), .integer(Int64(batch.head.size)), .blob(batch.head.root.bytes),
            .integer(Int64(batch.head.epoch)), .integer(batch.head.recordedAt))
    }
}

import Concurrency
import Crypto
public import Storage

/// Following projections in a SQLite file of their own, so that they never wait for the log or hold it up.
///
/// `synchronous=NORMAL`: a power loss may take the last steps away, which are then folded again.
public final class SQLiteProjectionStore: ProjectionStore {
    private let log: Log
    /// Nil when the tables are only read.
    private let worker: SQLiteWorker?
    private let readers: SerialWorkers<SQLiteSession>

    /// A log among those that have projections in the file.
    private struct Log {
        let origin: String
        let number: Int64

        /// What a table is called in the file; the first log's have their own names, those of others a number behind.
        func name(_ table: Table, _ generation: ProjectionGeneration) -> String {
            table.name + (number == 1 ? "" : "_\(number)") + (generation == .live ? "" : "_rebuilt")
        }
    }

    /// Opens or creates the file.
    public init(path: String, origin: String, readers: Int = 2) throws(StorageError) {
        var connection = try Self.open(path)
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS logs (log INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE) STRICT;
            CREATE TABLE IF NOT EXISTS positions (
                log TEXT NOT NULL, projection TEXT NOT NULL, generation TEXT NOT NULL, version INTEGER NOT NULL,
                position INTEGER NOT NULL, PRIMARY KEY (log, projection, generation)
            ) STRICT, WITHOUT ROWID
            """)
        try connection.run("INSERT INTO logs (origin) VALUES (?) ON CONFLICT DO NOTHING", .text(origin))
        let number = try connection.withStatement("SELECT log FROM logs WHERE origin = ?") {
            statement throws(StorageError) in
            try statement.bind([.text(origin)])
            return try statement.step() ? statement.integer(0) : 0
        }
        log = Log(origin: origin, number: number)
        worker = SQLiteWorker(connection, label: "cxrledger.sqlite.projections")
        var pool: [SQLiteWorker] = []
        for number in 0..<readers {
            pool.append(SQLiteWorker(try Self.open(path), label: "cxrledger.sqlite.views.\(number)"))
        }
        self.readers = SerialWorkers(pool)
    }

    /// Opens the tables to be read, and changes nothing at all.
    ///
    /// - Throws: `.missing` when the file holds none of this log.
    public init(reading path: String, origin: String) throws(StorageError) {
        var connection = try SQLiteConnection.reading(path)
        let number = try connection.withStatement("SELECT log FROM logs WHERE origin = ?") {
            statement throws(StorageError) in
            try statement.bind([.text(origin)])
            guard try statement.step() else { throw StorageError(.missing, detail: "no lists of this log") }
            return statement.integer(0)
        }
        log = Log(origin: origin, number: number)
        worker = nil
        readers = SerialWorkers([SQLiteWorker(connection, label: "cxrledger.sqlite.views")])
    }

    private var writer: SQLiteWorker {
        get throws(StorageError) {
            guard let worker else { throw StorageError(.unavailable, detail: "opened to be read") }
            return worker
        }
    }

    public func prepare(_ projection: any FollowingProjection) async throws(StorageError) {
        let log = log
        guard worker != nil else {
            let known = try await readers.next.run { session throws(StorageError) in
                try Self.position(projection, .live, log, &session.connection)
            }
            guard known?.version == projection.version else { throw StorageError(.missing, detail: projection.name) }
            return
        }
        try await writer.run { session throws(StorageError) in
            try session.connection.transaction { connection throws(StorageError) in
                let known = try Self.position(projection, .live, log, &connection)
                guard known == nil || known?.version != projection.version else { return }
                if known != nil { try Self.drop(projection, .live, log, &connection) }
                try Self.create(projection, .live, log, &connection)
            }
        }
    }

    public func position(_ projection: any FollowingProjection) async throws(StorageError) -> UInt64 {
        let log = log
        return try await readers.next.run { session throws(StorageError) in
            try Self.position(projection, .live, log, &session.connection)?.position ?? 0
        }
    }

    public func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool {
        try await apply(changes, to: projection, .live, from: position, to: next)
    }

    func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, _ generation: ProjectionGeneration,
        from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool {
        let log = log
        return try await writer.run { session throws(StorageError) in
            try session.connection.transaction { connection throws(StorageError) in
                guard try Self.position(projection, generation, log, &connection)?.position == position else {
                    return false
                }
                for change in changes { try Self.apply(change, of: projection, generation, log, &connection) }
                try connection.run(
                    "UPDATE positions SET position = ? WHERE log = ? AND projection = ? AND generation = ?",
                    .integer(Int64(next)), .text(log.origin), .text(projection.name), .text(generation.rawValue))
                return true
            }
        }
    }

    public func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]] {
        let log = log
        return try await readers.next.run { session throws(StorageError) in
            var conditions = query.filters.map(Self.condition)
            var values = query.filters.flatMap(Self.values)
            if let before = query.before {
                conditions.append("\(query.order) < ?")
                values.append(.integer(before))
            }
            let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            let columns = query.table.columns.map(\.name).joined(separator: ", ")
            let sql = """
                SELECT \(columns) FROM \(log.name(query.table, .live)) \(filter) ORDER BY \(query.order) DESC LIMIT ?
                """
            return try session.connection.withStatement(sql) { statement throws(StorageError) in
                try statement.bind(values + [.integer(Int64(query.limit))])
                return try Self.read(statement, query.table)
            }
        }
    }

    public func state(_ projection: any FollowingProjection) async throws(StorageError) -> ProjectionState {
        let log = log
        return try await readers.next.run { session throws(StorageError) in
            try session.connection.run("BEGIN")  // rows and position of one moment
            defer { session.connection.rollBack() }
            let position = try Self.position(projection, .live, log, &session.connection)?.position ?? 0
            var digest = RowDigest()
            for table in projection.tables {
                digest.begin(table.name)
                let columns = table.columns.map(\.name).joined(separator: ", ")
                let sql = "SELECT \(columns) FROM \(log.name(table, .live)) ORDER BY \(table.columns[0].name)"
                try session.connection.withStatement(sql) { statement throws(StorageError) in
                    try statement.bind([])
                    while try statement.step() { digest.add(Self.row(statement, table)) }
                }
            }
            return ProjectionState(projection, position: position, rows: digest.rows, digest: digest.finish())
        }
    }

    public func rebuild(_ projection: any FollowingProjection) async throws(StorageError) -> any ProjectionRebuild {
        let (log, step) = (log, SQLiteRebuild.firstStep())
        try await writer.run { session throws(StorageError) in
            try session.connection.transaction { connection throws(StorageError) in
                try Self.drop(projection, .rebuilt, log, &connection)
                try Self.create(projection, .rebuilt, at: step, log, &connection)
            }
        }
        return SQLiteRebuild(projection, in: self, from: step)
    }

    /// Removes fresh tables that were filled in so many steps; those of somebody else stay.
    func discard(_ projection: any FollowingProjection, after steps: UInt64) async throws(StorageError) {
        let log = log
        try await writer.run { session throws(StorageError) in
            try session.connection.transaction { connection throws(StorageError) in
                guard try Self.position(projection, .rebuilt, log, &connection)?.position == steps else { return }
                try Self.drop(projection, .rebuilt, log, &connection)
            }
        }
    }

    /// Puts fresh tables, which were filled in so many steps, in the place of the live ones.
    func swap(
        _ projection: any FollowingProjection, after steps: UInt64, at position: UInt64
    ) async throws(StorageError) {
        let log = log
        try await writer.run { session throws(StorageError) in
            try session.connection.transaction { connection throws(StorageError) in
                guard try Self.position(projection, .rebuilt, log, &connection)?.position == steps else {
                    throw StorageError(.unavailable, detail: "\(projection.name) is rebuilt elsewhere")
                }
                try Self.drop(projection, .live, log, &connection)
                for table in projection.tables {
                    let (from, to) = (log.name(table, .rebuilt), log.name(table, .live))
                    try connection.execute("ALTER TABLE \(from) RENAME TO \(to)")
                    try connection.execute(Self.indexes(table, log))
                }
                try connection.run(
                    """
                    UPDATE positions SET generation = 'live', position = ?
                    WHERE log = ? AND projection = ? AND generation = 'rebuilt'
                    """, .integer(Int64(clamping: position)), .text(log.origin), .text(projection.name))
            }
        }
    }

    private static func open(_ path: String) throws(StorageError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path)
        try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384")
        return connection
    }

    private static func position(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, _ log: Log,
        _ connection: inout SQLiteConnection
    ) throws(StorageError) -> (version: Int, position: UInt64)? {
        try connection.withStatement(
            "SELECT version, position FROM positions WHERE log = ? AND projection = ? AND generation = ?"
        ) { statement throws(StorageError) in
            try statement.bind([.text(log.origin), .text(projection.name), .text(generation.rawValue)])
            guard try statement.step() else { return nil }
            return (Int(statement.integer(0)), UInt64(clamping: statement.integer(1)))
        }
    }

    private static func create(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, at position: UInt64 = 0, _ log: Log,
        _ connection: inout SQLiteConnection
    ) throws(StorageError) {
        for table in projection.tables { try connection.execute(schema(table, generation, log)) }
        try connection.run(
            "INSERT INTO positions (log, projection, generation, version, position) VALUES (?, ?, ?, ?, ?)",
            .text(log.origin), .text(projection.name), .text(generation.rawValue), .integer(Int64(projection.version)),
            .integer(Int64(clamping: position)))
    }

    private static func drop(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, _ log: Log,
        _ connection: inout SQLiteConnection
    ) throws(StorageError) {
        for table in projection.tables { try connection.execute("DROP TABLE IF EXISTS \(log.name(table, generation))") }
        try connection.run(
            "DELETE FROM positions WHERE log = ? AND projection = ? AND generation = ?", .text(log.origin),
            .text(projection.name), .text(generation.rawValue))
    }

    private static func apply(
        _ change: TableChange, of projection: any FollowingProjection, _ generation: ProjectionGeneration,
        _ log: Log, _ connection: inout SQLiteConnection
    ) throws(StorageError) {
        switch change {
        case .insert(let name, let row):
            let table = projection.table(name)
            let places = row.map { _ in "?" }.joined(separator: ", ")
            try connection.withStatement("INSERT INTO \(log.name(table, generation)) VALUES (\(places))") {
                statement throws(StorageError) in
                try statement.bind(row.map(SQLiteValue.init))
                _ = try statement.step()
            }
        case .update(let name, let key, let set):
            let table = projection.table(name)
            let columns = set.keys.sorted()
            let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")
            let sql = "UPDATE \(log.name(table, generation)) SET \(assignments) WHERE \(table.columns[0].name) = ?"
            try connection.withStatement(sql) { statement throws(StorageError) in
                try statement.bind(columns.map { SQLiteValue(set[$0] ?? .null) } + [SQLiteValue(key)])
                _ = try statement.step()
            }
        }
    }

    private static func schema(_ table: Table, _ generation: ProjectionGeneration, _ log: Log) -> String {
        let columns = table.columns.enumerated().map { offset, column in
            "\(column.name) \(column.kind == .integer ? "INTEGER" : "TEXT")\(offset == 0 ? " PRIMARY KEY" : "")"
        }
        // Rebuilt tables get theirs when they take the place of the live ones: made at once, indexes cost far less.
        return "CREATE TABLE \(log.name(table, generation)) (\(columns.joined(separator: ", "))) STRICT;\n"
            + (generation == .live ? indexes(table, log) : "")
    }

    private static func indexes(_ table: Table, _ log: Log) -> String {
        let name = log.name(table, .live)
        return table.indexes.map {
            "CREATE INDEX \(name)_by_\($0.columns.joined(separator: "_")) ON \(name) \($0.definition);"
        }.joined(separator: "\n")
    }

    private static func condition(_ filter: TableQuery.Filter) -> String {
        switch filter {
        case .equals(let column, _): "\(column) = ?"
        case .anyEquals(let columns, _): "(" + columns.map { "\($0) = ?" }.joined(separator: " OR ") + ")"
        case .isOneOf(let column, let values): "\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))"
        case .atLeast(let column, _): "\(column) >= ?"
        case .below(let column, _): "\(column) < ?"
        case .isNull(let column): "\(column) IS NULL"
        case .isNotNull(let column): "\(column) IS NOT NULL"
        }
    }

    private static func values(_ filter: TableQuery.Filter) -> [SQLiteValue] {
        switch filter {
        case .equals(_, let value): [SQLiteValue(value)]
        case .anyEquals(let columns, let value): columns.map { _ in SQLiteValue(value) }
        case .isOneOf(_, let values): values.map(SQLiteValue.init)
        case .atLeast(_, let number), .below(_, let number): [.integer(number)]
        case .isNull, .isNotNull: []
        }
    }

    private static func read(
        _ statement: borrowing SQLiteStatement, _ table: Table
    ) throws(StorageError) -> [[TableValue]] {
        var rows: [[TableValue]] = []
        while try statement.step() { rows.append(row(statement, table)) }
        return rows
    }

    private static func row(_ statement: borrowing SQLiteStatement, _ table: Table) -> [TableValue] {
        var row: [TableValue] = []
        row.reserveCapacity(table.columns.count)
        for (offset, column) in table.columns.enumerated() {
            if statement.isNull(offset) {
                row.append(.null)
            } else {
                row.append(
                    column.kind == .integer ? .integer(statement.integer(offset)) : .text(statement.text(offset)))
            }
        }
        return row
    }
}

import Concurrency
import Crypto
import Ledger
public import Storage

/// Following projections in a schema of their own.
///
/// `synchronous_commit=off`: a crash of the server may take the last steps away, which are then folded again.
public final class PostgresProjectionStore: ProjectionStore {
    let address: String
    private let origin: String
    private let schema: String
    private let writer: PostgresWorker
    private let readers: SerialWorkers<PostgresSession>
    private let known = Locked<Int64?>(nil)

    private static let reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    /// Names the store; it connects when it is first asked for something.
    public convenience init(address: String, origin: String) {
        self.init(address: address, origin: origin, reading: [])
    }

    /// `reading` is run on every connection that reads.
    init(
        address: String, origin: String, schema: String = "cxrledger_views", readers: Int = 2, reading: [String] = []
    ) {
        (self.address, self.origin, self.schema) = (address, origin, schema)
        writer = PostgresWorker(
            address, setup: ["SET synchronous_commit = off", PostgresSession.writing],
            label: "cxrledger.postgres.projections")
        self.readers = SerialWorkers(
            (0..<max(1, readers)).map {
                PostgresWorker(address, setup: reading, label: "cxrledger.postgres.views.\($0)")
            })
    }

    public func prepare(_ projection: any FollowingProjection) async throws(StorageError) {
        try await write { [self] session, names throws(StorageError) in
            try lock(session)
            let known = try position(projection, .live, session)
            guard known == nil || known?.version != projection.version else { return }
            if known != nil { try drop(projection, .live, names, session) }
            try create(projection, .live, names, session)
        }
    }

    public func position(_ projection: any FollowingProjection) async throws(StorageError) -> UInt64 {
        try await read { [self] session throws(StorageError) in
            try position(projection, .live, session)?.position ?? 0
        }
    }

    public func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool {
        try await write { [self] session, names throws(StorageError) in
            guard try self.position(projection, .live, session, " FOR UPDATE")?.position == position else {
                return false
            }
            var batch = ChangeBatch(projection, names)
            for change in changes { batch.add(change) }
            session.enqueue(batch.finish())
            session.enqueue(
                "UPDATE \(schema).positions SET position = $3 WHERE log = $1 AND projection = $2 AND generation = 'live'",
                .text(origin), .text(projection.name), .integer(Int64(clamping: next)))
            return true
        }
    }

    public func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]] {
        try await read { [self] session throws(StorageError) in
            let names = try names(reading: session)
            var (conditions, values): ([String], [PostgresValue]) = ([], [])
            func place(_ value: PostgresValue) -> String {
                values.append(value)
                return "$\(values.count)"
            }
            for filter in query.filters {
                switch filter {
                case .equals(let column, let value): conditions.append("\(column) = \(place(.init(value)))")
                case .anyEquals(let columns, let value):
                    let place = place(.init(value))
                    conditions.append("(" + columns.map { "\($0) = \(place)" }.joined(separator: " OR ") + ")")
                case .isOneOf(let column, let list): conditions.append("\(column) = ANY(\(place(.list(list))))")
                case .atLeast(let column, let number): conditions.append("\(column) >= \(place(.integer(number)))")
                case .below(let column, let number): conditions.append("\(column) < \(place(.integer(number)))")
                case .isNull(let column): conditions.append("\(column) IS NULL")
                case .isNotNull(let column): conditions.append("\(column) IS NOT NULL")
                }
            }
            if let before = query.before { conditions.append("\(query.order) < \(place(.integer(before)))") }
            let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            let columns = query.table.columns.map(\.name).joined(separator: ", ")
            let limit = place(.integer(Int64(query.limit)))
            let rows = try session.run(
                """
                SELECT \(columns) FROM \(names.name(query.table, .live)) \(filter)
                ORDER BY \(query.order) DESC LIMIT \(limit)
                """, values)
            return (0..<rows.count).map { Self.row(rows, $0, query.table) }
        }
    }

    public func state(_ projection: any FollowingProjection) async throws(StorageError) -> ProjectionState {
        try await read { [self] session throws(StorageError) in
            let names = try names(reading: session)
            let position = try position(projection, .live, session)?.position ?? 0
            return try Self.digest(projection, .live, names, at: position, session)
        }
    }

    /// Digests the rows of some tables, which stand at a position.
    static func digest(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, _ names: ViewNames,
        at position: UInt64, _ session: PostgresSession
    ) throws(StorageError) -> ProjectionState {
        var digest = RowDigest()
        for table in projection.tables {
            digest.begin(table.name)
            let columns = table.columns.map(\.name).joined(separator: ", ")
            let kinds = table.columns.map(\.kind)
            try session.copyOut(
                "SELECT \(columns) FROM \(names.name(table, generation)) ORDER BY \(table.columns[0].name)"
            ) { column, value, isNull in
                switch (kinds[column], isNull) {
                case (_, true): digest.addNull()
                case (.integer, false): digest.add(PostgresRows.integer(value))
                case (.text, false): digest.add(text: value)
                }
                if column == kinds.count - 1 { digest.endRow() }
            }
        }
        return ProjectionState(projection, position: position, rows: digest.rows, digest: digest.finish())
    }

    public func rebuild(_ projection: any FollowingProjection) async throws(StorageError) -> any ProjectionRebuild {
        let step = PostgresRebuild.firstStep()
        let names = try await write { [self] session, names throws(StorageError) in
            try lock(session)
            try drop(projection, .rebuilt, names, session)
            try create(projection, .rebuilt, at: step, names, session)
            return names
        }
        return PostgresRebuild(projection, names, in: self, from: step)
    }

    /// Removes fresh tables that were filled in so many steps; those of somebody else stay.
    func discard(_ projection: any FollowingProjection, after steps: UInt64) async throws(StorageError) {
        try await write { [self] session, names throws(StorageError) in
            guard try position(projection, .rebuilt, session, " FOR UPDATE")?.position == steps else { return }
            try drop(projection, .rebuilt, names, session)
        }
    }

    /// Ends what some processes of the server are doing at the moment.
    func interrupt(_ backends: [Int64]) async throws(StorageError) {
        try await read { session throws(StorageError) in
            for backend in backends { _ = try session.run("SELECT pg_cancel_backend($1::int)", .integer(backend)) }
        }
    }

    /// Counts a step in which fresh tables are filled, as part of it.
    ///
    /// - Throws: `.unavailable` when others rebuild the projection, too.
    func advance(
        _ projection: any FollowingProjection, from step: UInt64, to next: UInt64, _ session: PostgresSession,
        _ generation: ProjectionGeneration = .rebuilt
    ) throws(StorageError) {
        let moved = try session.run(
            """
            UPDATE \(schema).positions SET position = $4, generation = $5
            WHERE log = $1 AND projection = $2 AND generation = 'rebuilt' AND position = $3 RETURNING position
            """, .text(origin), .text(projection.name), .integer(Int64(clamping: step)),
            .integer(Int64(clamping: next)), .text(generation.rawValue))
        guard moved.count == 1 else {
            throw StorageError(.unavailable, detail: "\(projection.name) is rebuilt elsewhere")
        }
    }

    /// Puts fresh tables, which were filled in so many steps, in the place of the live ones.
    func swap(
        _ projection: any FollowingProjection, after steps: UInt64, at position: UInt64
    ) async throws(StorageError) {
        try await write { [self] session, names throws(StorageError) in
            try drop(projection, .live, names, session)
            for table in projection.tables {
                try session.execute(
                    "ALTER TABLE \(names.name(table, .rebuilt)) RENAME TO \(names.bareName(table, .live))")
            }
            try advance(projection, from: steps, to: position, session, .live)
        }
    }

    private func write<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresSession, ViewNames) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        try await writer.run { [self] session throws(StorageError) in
            let names = try names(creatingWith: session)
            return try session.transaction("BEGIN") { () throws(StorageError) in try body(session, names) }
        }
    }

    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        try await readers.next.run { session throws(StorageError) in
            try session.transaction(Self.reading) { () throws(StorageError) in try body(session) }
        }
    }

    private func names(reading session: PostgresSession) throws(StorageError) -> ViewNames {
        if let known = known.withLock({ $0 }) { return ViewNames(schema: schema, log: known) }
        let rows = try session.run("SELECT number FROM \(schema).logs WHERE origin = $1", .text(origin))
        guard rows.count == 1 else { throw StorageError(.missing, detail: "no lists of this log") }
        let number = rows.integer(0, 0)
        known.withLock { $0 = number }
        return ViewNames(schema: schema, log: number)
    }

    private func names(creatingWith session: PostgresSession) throws(StorageError) -> ViewNames {
        if let known = known.withLock({ $0 }) { return ViewNames(schema: schema, log: known) }
        // By itself: what is remembered must not be rolled back.
        try session.transaction("BEGIN") { () throws(StorageError) in
            _ = try session.run(
                "INSERT INTO \(schema).logs (origin) VALUES ($1) ON CONFLICT DO NOTHING", .text(origin))
        }
        return try session.transaction("BEGIN") { () throws(StorageError) in try names(reading: session) }
    }

    private func position(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, _ session: PostgresSession,
        _ lock: String = ""
    ) throws(StorageError) -> (version: Int, position: UInt64)? {
        let rows = try session.run(
            """
            SELECT version, position FROM \(schema).positions
            WHERE log = $1 AND projection = $2 AND generation = $3\(lock)
            """, .text(origin), .text(projection.name), .text(generation.rawValue))
        return rows.count == 0 ? nil : (Int(rows.integer(0, 0)), UInt64(clamping: rows.integer(0, 1)))
    }

    /// Two at once would both create the tables.
    private func lock(_ session: PostgresSession) throws(StorageError) {
        _ = try session.run("SELECT pg_advisory_xact_lock(hashtext($1))", .text("cxrledger.views " + origin))
    }

    private func create(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, at position: UInt64 = 0,
        _ names: ViewNames, _ session: PostgresSession
    ) throws(StorageError) {
        for table in projection.tables { try session.execute(names.schema(table, generation)) }
        _ = try session.run(
            """
            INSERT INTO \(schema).positions (log, projection, generation, version, position)
            VALUES ($1, $2, $3, $4, $5)
            """, .text(origin), .text(projection.name), .text(generation.rawValue),
            .integer(Int64(projection.version)), .integer(Int64(clamping: position)))
    }

    private func drop(
        _ projection: any FollowingProjection, _ generation: ProjectionGeneration, _ names: ViewNames,
        _ session: PostgresSession
    ) throws(StorageError) {
        for table in projection.tables { try session.execute("DROP TABLE IF EXISTS \(names.name(table, generation))") }
        _ = try session.run(
            "DELETE FROM \(schema).positions WHERE log = $1 AND projection = $2 AND generation = $3",
            .text(origin), .text(projection.name), .text(generation.rawValue))
    }

    private static func row(_ rows: borrowing PostgresRows, _ row: Int, _ table: Table) -> [TableValue] {
        var values: [TableValue] = []
        values.reserveCapacity(table.columns.count)
        for (column, kind) in table.columns.map(\.kind).enumerated() {
            if rows.isNull(row, column) {
                values.append(.null)
            } else {
                values.append(kind == .integer ? .integer(rows.integer(row, column)) : .text(rows.text(row, column)))
            }
        }
        return values
    }
}

import Concurrency
import Crypto
import Ledger
public import Storage

/// The event store in PostgreSQL: entries partitioned by index, the head row as the fence.
///
/// Any number of processes on any number of machines may append to one log: who locks the head row has the turn. One that
/// was paused while it held the lock loses its connection, and with it the turn.
public final class PostgresEventStore: EventStore {
    public let origin: String
    /// The number of the log in this database, once it is known.
    private let known = Locked<Int64?>(nil)
    /// Nil when the log is only read.
    private let writer: PostgresWorker?
    private let readers: SerialWorkers<PostgresSession>
    private let growth = GrowthWatch()
    private let listener: PostgresListener

    /// How many indices a partition holds, as `cxrledger.make_partition` has it, and how many before its end the next one
    /// is made.
    private static let partition: UInt64 = 4_194_304
    private static let margin: UInt64 = 65_536
    /// Settings that nobody else's defaults may change: what is committed is durable, and a paused holder of the
    /// lock is thrown out.
    private static let writing = [
        "SET synchronous_commit = on", "SET idle_in_transaction_session_timeout = '3s'", "SET lock_timeout = '30s'",
        "SET statement_timeout = '60s'",
    ]

    /// Names the log of an origin; it connects when it is first asked for something, and creates the log with its first
    /// batch.
    ///
    /// - Parameters:
    ///   - address: as libpq takes it, a `postgresql://` address or a list of settings.
    ///   - origin: of the log, a part of every key.
    ///   - readers: how many connections read at once.
    ///   - isReadOnly: whether the log is only looked at.
    public init(address: String, origin: String, readers: Int = 4, isReadOnly: Bool = false) {
        self.origin = origin
        writer =
            isReadOnly ? nil : PostgresWorker(address, setup: Self.writing, label: "cxrledger.postgres.writer")
        listener = PostgresListener(address, origin: origin, growth: growth)
        self.readers = SerialWorkers(
            (0..<max(1, readers)).map {
                PostgresWorker(address, setup: [], label: "cxrledger.postgres.reader.\($0)")
            })
    }

    public func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        guard let writer else { throw StorageError(.unavailable, detail: "opened to be read") }
        return try await writer.run { [self] session throws(StorageError) in
            let log = try number(creatingWith: session)
            var size: UInt64?
            let result = try session.transaction("BEGIN") { () throws(StorageError) in
                let reader = PostgresLogReader(session: session, log: log)
                let head = try reader.lockedHead()
                let (write, result) = try body(reader)
                if let write { try Self.write(write, after: head?.size ?? 0, log: log, session) }
                size = write?.head.size
                return result
            }
            if let size { listener.committed(size) }
            return result
        }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        try await readers.next.run { [self] session throws(StorageError) in
            try session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { () throws(StorageError) in
                try body(PostgresLogReader(session: session, log: try number(reading: session) ?? Self.none))
            }
        }
    }

    public func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        listener.start()
        return await growth.hasGrown(beyond: size, within: limit)
    }

    deinit { listener.stop() }

    /// A number that no log has.
    private static let none: Int64 = 0

    /// The number of the log in this database; nil before its first batch.
    private func number(reading session: PostgresSession) throws(StorageError) -> Int64? {
        if let known = known.withLock({ $0 }) { return known }
        let rows = try session.run("SELECT log FROM cxrledger.logs WHERE origin = $1", .text(origin))
        guard rows.count == 1 else { return nil }
        let number = rows.integer(0, 0)
        known.withLock { $0 = number }
        return number
    }

    private func number(creatingWith session: PostgresSession) throws(StorageError) -> Int64 {
        if let known = known.withLock({ $0 }) { return known }
        // By itself: what is remembered must not be rolled back.
        try session.transaction("BEGIN") { () throws(StorageError) in
            _ = try session.run(
                "INSERT INTO cxrledger.logs (origin) VALUES ($1) ON CONFLICT DO NOTHING", .text(origin))
            _ = try session.run(
                """
                INSERT INTO cxrledger.heads (log, size, root, epoch, recorded_at)
                SELECT log, 0, $2, 0, 0 FROM cxrledger.logs WHERE origin = $1 ON CONFLICT DO NOTHING
                """, .text(origin), .bytes(Merkle.emptyRoot.bytes))
        }
        return try session.transaction("BEGIN") { () throws(StorageError) in try number(reading: session) ?? Self.none }
    }

    private static func write(
        _ batch: BatchWrite, after size: UInt64, log: Int64, _ session: PostgresSession
    ) throws(StorageError) {
        for (offset, entry) in batch.entries.enumerated() where entry.index != size + UInt64(offset) {
            throw StorageError(.corrupt, detail: "entry \(entry.index) cannot be added")
        }
        let end = size + UInt64(batch.entries.count)
        if (size + margin) / partition != (end + margin) / partition {
            _ = try session.run(
                "SELECT cxrledger.make_partition($1)", .integer(Int64(clamping: (end + margin) / partition)))
        }
        let statements = statements(for: batch, log: log)
        let changed = try session.run(statements.map { ($0.sql, $0.values) })
        for (statement, count) in zip(statements, changed) where count != statement.rows {
            throw StorageError(.corrupt, detail: "\(count) rows instead of \(statement.rows) at: \(statement.sql)")
        }
    }

    /// What writes a batch, with the number of rows that each statement must change.
    private static func statements(
        for batch: BatchWrite, log: Int64
    ) -> [(sql: String, values: [PostgresValue], rows: Int)] {
        let (entries, records) = (batch.entries, batch.idempotency)
        var streams: [[UInt8]: (name: String, first: UInt64, last: UInt64)] = [:]
        for entry in entries {
            let key = Array(entry.stream.utf8)
            streams[key, default: (entry.stream, entry.version, entry.version)].last = entry.version
        }
        let ends = Array(streams.values)
        return [
            (
                """
                INSERT INTO cxrledger.entries (log, idx, event_id, stream, version, type, control, entry)
                SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8)
                """,
                [
                    .integer(log), .integers(entries.map { Int64(clamping: $0.index) }), .texts(entries.map(\.eventID)),
                    .texts(entries.map(\.stream)), .integers(entries.map { Int64(clamping: $0.version) }),
                    .texts(entries.map(\.type)), .flags(entries.map(\.isControl)), .byteArrays(entries.map(\.bytes)),
                ], entries.count
            ),
            (
                """
                INSERT INTO cxrledger.streams AS known (log, stream, first, last)
                SELECT $1, * FROM unnest($2, $3, $4)
                ON CONFLICT (log, stream) DO UPDATE SET first = excluded.first, last = excluded.last
                WHERE known.last + 1 = excluded.first
                """,
                [
                    .integer(log), .texts(ends.map(\.name)), .integers(ends.map { Int64(clamping: $0.first) }),
                    .integers(ends.map { Int64(clamping: $0.last) }),
                ], ends.count
            ),
            (
                """
                INSERT INTO cxrledger.tiles (log, level, tile, hashes) SELECT $1, * FROM unnest($2, $3, $4)
                ON CONFLICT (log, level, tile) DO UPDATE SET hashes = excluded.hashes
                """,
                [
                    .integer(log), .integers(batch.tiles.map { Int64($0.level) }),
                    .integers(batch.tiles.map { Int64(clamping: $0.index) }), .byteArrays(batch.tiles.map(\.bytes)),
                ], batch.tiles.count
            ),
            (
                """
                INSERT INTO cxrledger.idempotency (log, principal, key, request, idx)
                SELECT $1, * FROM unnest($2, $3, $4, $5)
                """,
                [
                    .integer(log), .texts(records.map(\.principal)), .texts(records.map(\.key)),
                    .texts(records.map(\.request)), .integers(records.map { Int64(clamping: $0.index) }),
                ], records.count
            ),
            (
                "UPDATE cxrledger.heads SET size = $2, root = $3, epoch = $4, recorded_at = $5 WHERE log = $1",
                [
                    .integer(log), .integer(Int64(clamping: batch.head.size)), .bytes(batch.head.root.bytes),
                    .integer(Int64(clamping: batch.head.epoch)), .integer(batch.head.recordedAt),
                ], 1
            ),
        ]
    }
}

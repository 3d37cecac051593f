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
        "SET synchronous_commit = on", PostgresSession.writing, "SET lock_timeout = '30s'",
        "SET statement_timeout = '60s'", "SET plan_cache_mode = force_generic_plan",
    ]

    /// Names the log of an origin; it connects when it is first asked for something, and creates the log with its first
    /// batch.
    ///
    /// - Parameters:
    ///   - address: as libpq takes it, a `postgresql://` address or a list of settings.
    ///   - origin: of the log, a part of every key.
    ///   - readers: how many connections read at once.
    ///   - isReadOnly: whether the log is only looked at.
    public convenience init(address: String, origin: String, readers: Int = 4, isReadOnly: Bool = false) {
        self.init(address: address, origin: origin, readers: readers, isReadOnly: isReadOnly, reading: [])
    }

    /// The same; `reading` is run on every connection that reads.
    init(address: String, origin: String, readers: Int = 4, isReadOnly: Bool, reading: [String]) {
        self.origin = origin
        writer =
            isReadOnly ? nil : PostgresWorker(address, setup: Self.writing, label: "cxrledger.postgres.writer")
        listener = PostgresListener(address, origin: origin, growth: growth)
        self.readers = SerialWorkers(
            (0..<max(1, readers)).map {
                PostgresWorker(address, setup: reading, label: "cxrledger.postgres.reader.\($0)")
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
                if let write { try Self.enqueue(write, after: head?.size ?? 0, log: log, session) }
                size = write?.head.size
                return result
            }
            if let size { listener.committed(size) }
            return result
        }
    }

    public var isRemote: Bool { true }

    /// One statement, which is a transaction: the row of the head is locked before anything is added, and when it is not the
    /// expected one, nothing is.
    public func commit(_ batch: BatchWrite, upon head: Head) async throws(StorageError) -> Bool {
        guard let writer else { throw StorageError(.unavailable, detail: "opened to be read") }
        return try await writer.run { [self] session throws(StorageError) in
            let log = try number(creatingWith: session)
            // A partition is made under the lock of the head, as everything is.
            guard try Self.partition(for: batch, after: head.size).isEmpty else { return false }
            do throws(StorageError) {
                guard let rows = try session.runAtOnce(Self.append(batch, upon: head, log: log)) else { return false }
                guard rows.count == 1 else { return false }
            } catch {
                guard error.code == .corrupt else { throw error }
                return false
            }
            listener.committed(batch.head.size)
            return true
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
            session.enqueue(
                "INSERT INTO cxrledger.logs (origin) VALUES ($1) ON CONFLICT DO NOTHING", .text(origin))
            session.enqueue(
                """
                INSERT INTO cxrledger.heads (log, size, root, epoch, recorded_at)
                SELECT log, 0, $2, 0, 0 FROM cxrledger.logs WHERE origin = $1 ON CONFLICT DO NOTHING
                """, .text(origin), .bytes(Merkle.emptyRoot.bytes))
        }
        return try session.transaction("BEGIN") { () throws(StorageError) in try number(reading: session) ?? Self.none }
    }

    /// From how many entries on a batch is copied, which costs two more trips and less for each row.
    private static let bulk = 1_024

    /// What writes a batch goes with the commit.
    private static func enqueue(
        _ batch: BatchWrite, after size: UInt64, log: Int64, _ session: PostgresSession
    ) throws(StorageError) {
        session.enqueue(try partition(for: batch, after: size))
        let isBulk = batch.entries.count >= bulk
        if isBulk { try copy(batch, log: log, session) }
        let (call, values) = append(batch, after: size, log: log, hasRows: !isBulk)
        session.enqueue([PostgresStatement("SELECT \(call)", values)])
    }

    /// What makes room for a batch, whose indices must follow.
    private static func partition(
        for batch: BatchWrite, after size: UInt64
    ) throws(StorageError) -> [PostgresStatement] {
        for (offset, entry) in batch.entries.enumerated() where entry.index != size + UInt64(offset) {
            throw StorageError(.corrupt, detail: "entry \(entry.index) cannot be added")
        }
        let end = size + UInt64(batch.entries.count)
        guard (size + margin) / partition != (end + margin) / partition else { return [] }
        let number = PostgresValue.integer(Int64(clamping: (end + margin) / partition))
        return [PostgresStatement("SELECT cxrledger.make_partition($1)", [number])]
    }

    private static func copy(
        _ batch: BatchWrite, log: Int64, _ session: PostgresSession
    ) throws(StorageError) {
        let log = Int32(clamping: log)
        try session.copy(
            """
            COPY cxrledger.entries (log, idx, event_id, stream, version, type, control, entry)
            FROM STDIN (FORMAT binary)
            """, count: batch.entries.count
        ) { number, rows in
            let entry = batch.entries[number]
            rows.begin(8)
            rows.integer(log)
            rows.integer(Int64(clamping: entry.index))
            rows.text(entry.eventID)
            rows.text(entry.stream)
            rows.integer(Int64(clamping: entry.version))
            rows.text(entry.type)
            rows.flag(entry.isControl)
            rows.bytes(entry.bytes)
        }
        guard !batch.idempotency.isEmpty else { return }
        try session.copy(
            "COPY cxrledger.idempotency (log, principal, key, request, idx) FROM STDIN (FORMAT binary)",
            count: batch.idempotency.count
        ) { number, rows in
            let record = batch.idempotency[number]
            rows.begin(5)
            rows.integer(log)
            rows.text(record.principal)
            rows.text(record.key)
            rows.text(record.request)
            rows.integer(Int64(clamping: record.index))
        }
    }

    /// What adds a batch, and answers a row, if the head is the expected one once it is locked.
    private static func append(_ batch: BatchWrite, upon head: Head, log: Int64) -> PostgresStatement {
        let (call, values) = append(batch, after: head.size, log: log, hasRows: true)
        return PostgresStatement(
            """
            SELECT \(call) FROM (SELECT FROM cxrledger.heads WHERE log = $1 AND size = $2 AND root = $24 FOR UPDATE) AS head
            """, values + [.bytes(head.root.bytes)])
    }

    /// The call that adds a batch, of which the rows may have been copied already, with its values.
    private static func append(
        _ batch: BatchWrite, after size: UInt64, log: Int64, hasRows: Bool
    ) -> (call: String, values: [PostgresValue]) {
        let (entries, records) = hasRows ? (batch.entries, batch.idempotency) : ([], [])
        var streams: [[UInt8]: (name: String, first: UInt64, last: UInt64)] = [:]
        for entry in batch.entries {
            streams[Array(entry.stream.utf8), default: (entry.stream, entry.version, entry.version)].last =
                entry.version
        }
        // In one order everywhere, so that rows lie in the index as they come.
        let ends = streams.values.sorted { $0.name < $1.name }
        return (
            """
            cxrledger.append($1::bigint::integer, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
            $18, $19, $20, $21, $22, $23)
            """,
            [
                .integer(log), .integer(Int64(clamping: size)),
                .integers(entries.map { Int64(clamping: $0.index) }), .texts(entries.map(\.eventID)),
                .texts(entries.map(\.stream)), .integers(entries.map { Int64(clamping: $0.version) }),
                .texts(entries.map(\.type)), .flags(entries.map(\.isControl)), .byteArrays(entries.map(\.bytes)),
                .texts(ends.map(\.name)), .integers(ends.map { Int64(clamping: $0.first) }),
                .integers(ends.map { Int64(clamping: $0.last) }),
                .integers(batch.tiles.map { Int64($0.level) }),
                .integers(batch.tiles.map { Int64(clamping: $0.index) }), .byteArrays(batch.tiles.map(\.bytes)),
                .texts(records.map(\.principal)), .texts(records.map(\.key)), .texts(records.map(\.request)),
                .integers(records.map { Int64(clamping: $0.index) }),
                .integer(Int64(clamping: batch.head.size)), .bytes(batch.head.root.bytes),
                .integer(Int64(clamping: batch.head.epoch)), .integer(batch.head.recordedAt),
            ]
        )
    }
}

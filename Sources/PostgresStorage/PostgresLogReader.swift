import Crypto
import Ledger
import Storage

/// One transaction's view of one log.
final class PostgresLogReader: LogReader {
    private static let columns = "idx, event_id, stream, version, type, control, entry"
    /// From how many entries on they are copied, which costs one more trip and less for each.
    private static let bulk = 4_096
    private let session: PostgresSession
    private let log: Int64

    /// Valid only inside the transaction that it was made in.
    init(session: PostgresSession, log: Int64) { (self.session, self.log) = (session, log) }

    /// The head, which does not change while the transaction lasts.
    private var known: Head??

    func head() throws(StorageError) -> Head? {
        if let known { return known }
        let head = try head("")
        known = .some(head)
        return head
    }

    /// Locks the head row, and reads it when its turn has come.
    func lockedHead() throws(StorageError) -> Head? {
        let head = try head(" FOR UPDATE")
        known = .some(head)
        return head
    }

    private func head(_ lock: String) throws(StorageError) -> Head? {
        let rows = try session.run(
            "SELECT size, root, epoch, recorded_at FROM cxrledger.heads WHERE log = $1\(lock)", .integer(log))
        guard rows.count == 1 else { return nil }
        guard let size = UInt64(exactly: rows.integer(0, 0)), let epoch = UInt64(exactly: rows.integer(0, 2)),
            let root = Digest(bytes: rows.bytes(0, 1))
        else { throw StorageError(.corrupt, detail: "head row") }
        return size == 0 ? nil : Head(size: size, root: root, epoch: epoch, recordedAt: rows.integer(0, 3))
    }

    func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try rows("idx >= $2 ORDER BY idx LIMIT $3", .integer(Int64(clamping: index)), .integer(Int64(limit)))
    }

    func entries(at indices: [UInt64]) throws(StorageError) -> [StoredEntry] {
        try rows("idx = ANY ($2)", .integers(indices.map { Int64(clamping: $0) }))
    }

    func forEachEntry(
        from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(StorageError) -> Int {
        guard limit < Self.bulk else {
            var (next, isNext, count) = (Int64(clamping: index), false, 0)
            try session.copyOut(
                """
                SELECT idx, entry FROM cxrledger.entries WHERE log = \(log) AND idx >= \(next) ORDER BY idx LIMIT \(limit)
                """
            ) { column, value, _ in
                guard column == 1 else { return isNext = PostgresRows.integer(value) == next }
                guard isNext else { return }  // one before it is missing
                body(value)
                (next, count) = (next + 1, count + 1)
            }
            return count
        }
        let rows = try session.run(
            "SELECT idx, entry FROM cxrledger.entries WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3",
            .integer(log), .integer(Int64(clamping: index)), .integer(Int64(limit)))
        for row in 0..<rows.count {
            guard rows.integer(row, 0) == Int64(clamping: index) + Int64(row) else { return row }
            rows.withBytes(row, 1, body)
        }
        return rows.count
    }

    func entry(eventID: String) throws(StorageError) -> StoredEntry? {
        try rows("event_id = $2 LIMIT 1", .text(eventID)).first
    }

    func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try rows(
            "stream = $2 AND version >= $3 ORDER BY version LIMIT $4", .text(stream),
            .integer(Int64(clamping: version)), .integer(Int64(limit)))
    }

    func last(of stream: String) throws(StorageError) -> StoredEntry? {
        try rows("stream = $2 ORDER BY version DESC LIMIT 1", .text(stream)).first
    }

    func last(of streams: [String]) throws(StorageError) -> [StoredEntry] {
        guard !streams.isEmpty else { return [] }
        return try rows(
            of: """
                unnest($2) AS wanted (name) CROSS JOIN LATERAL (
                SELECT * FROM cxrledger.entries WHERE log = $1 AND stream = wanted.name ORDER BY version DESC LIMIT 1
                ) AS last
                """, [.texts(streams)])
    }

    func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry] {
        try rows("control AND idx >= $2 ORDER BY idx", .integer(Int64(clamping: index)))
    }

    func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord? {
        try records("principal = $2 AND key = $3", .text(principal), .text(key)).first
    }

    func idempotency(_ keys: [(principal: String, key: String)]) throws(StorageError) -> [IdempotencyRecord] {
        guard !keys.isEmpty else { return [] }
        // LIMIT makes the server look each one up, however small it believes the table to be.
        return try records(
            of: """
                unnest($2, $3) AS wanted (holder, name) CROSS JOIN LATERAL (
                SELECT * FROM cxrledger.idempotency WHERE log = $1 AND principal = wanted.holder AND key = wanted.name LIMIT 1
                ) AS known
                """, [.texts(keys.map(\.principal)), .texts(keys.map(\.key))])
    }

    func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord] {
        try records(
            "idx >= $2 AND idx < $3 ORDER BY idx", .integer(Int64(clamping: range.lowerBound)),
            .integer(Int64(clamping: range.upperBound)))
    }

    func counts() throws(StorageError) -> RowCounts {
        let rows = try session.run(
            """
            SELECT (SELECT count(*) FROM cxrledger.entries WHERE log = $1),
            (SELECT count(*) FROM cxrledger.tiles WHERE log = $1),
            (SELECT count(*) FROM cxrledger.idempotency WHERE log = $1)
            """, .integer(log))
        return RowCounts(
            entries: Int(rows.integer(0, 0)), tiles: Int(rows.integer(0, 1)), idempotency: Int(rows.integer(0, 2)))
    }

    func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]? {
        let rows = try session.run(
            "SELECT hashes FROM cxrledger.tiles WHERE log = $1 AND level = $2 AND tile = $3", .integer(log),
            .integer(Int64(level)), .integer(Int64(clamping: index)))
        return rows.count == 0 ? nil : rows.bytes(0, 0)
    }

    private func rows(_ condition: String, _ values: PostgresValue...) throws(StorageError) -> [StoredEntry] {
        try rows(of: "cxrledger.entries WHERE log = $1 AND \(condition)", values)
    }

    private func rows(of source: String, _ values: [PostgresValue]) throws(StorageError) -> [StoredEntry] {
        let rows = try session.run("SELECT \(Self.columns) FROM \(source)", [.integer(log)] + values)
        var entries: [StoredEntry] = []
        entries.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            guard let index = UInt64(exactly: rows.integer(row, 0)),
                let version = UInt64(exactly: rows.integer(row, 3))
            else { throw StorageError(.corrupt, detail: "entry row") }
            entries.append(
                StoredEntry(
                    index: index, eventID: rows.text(row, 1), stream: rows.text(row, 2), version: version,
                    type: rows.text(row, 4), isControl: rows.flag(row, 5), bytes: rows.bytes(row, 6)))
        }
        return entries
    }

    private func records(_ condition: String, _ values: PostgresValue...) throws(StorageError) -> [IdempotencyRecord] {
        try records(of: "cxrledger.idempotency WHERE log = $1 AND \(condition)", values)
    }

    private func records(of source: String, _ values: [PostgresValue]) throws(StorageError) -> [IdempotencyRecord] {
        let rows = try session.run("SELECT principal, key, request, idx FROM \(source)", [.integer(log)] + values)
        var records: [IdempotencyRecord] = []
        for row in 0..<rows.count {
            guard let index = UInt64(exactly: rows.integer(row, 3)) else {
                throw StorageError(.corrupt, detail: "idempotency row")
            }
            records.append(
                .init(principal: rows.text(row, 0), key: rows.text(row, 1), request: rows.text(row, 2), index: index))
        }
        return records
    }
}

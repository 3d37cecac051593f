import Crypto
import Ledger
import Storage

/// One transaction's view of one log.
final class SQLiteLogReader: LogReader {
    private static let columns = "idx, event_id, stream, version, type, control, entry"
    private let session: SQLiteSession
    private let log: Int64

    /// Valid only inside the transaction that it was made in.
    init(session: SQLiteSession, log: Int64) { (self.session, self.log) = (session, log) }

    func head() throws(StorageError) -> Head? {
        try session.connection.withStatement("SELECT size, root, epoch, recorded_at FROM heads WHERE log = ?") {
            statement throws(StorageError) -> Head? in
            try statement.bind([.integer(log)])
            guard try statement.step() else { return nil }
            guard let root = Digest(bytes: statement.blob(1)), let size = UInt64(exactly: statement.integer(0)),
                let epoch = UInt64(exactly: statement.integer(2))
            else { throw StorageError(.corrupt, detail: "head row") }
            return Head(size: size, root: root, epoch: epoch, recordedAt: statement.integer(3))
        }
    }

    func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try rows("idx >= ? ORDER BY idx LIMIT ?", .integer(Int64(clamping: index)), .integer(Int64(limit)))
    }

    func forEachEntry(
        from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(StorageError) -> Int {
        let sql = "SELECT idx, entry FROM entries WHERE log = ? AND idx >= ? ORDER BY idx LIMIT ?"
        return try session.connection.withStatement(sql) { statement throws(StorageError) in
            try statement.bind([.integer(log), .integer(Int64(clamping: index)), .integer(Int64(limit))])
            var count = 0
            while try statement.step(), statement.integer(0) == Int64(clamping: index) + Int64(count) {
                statement.withBlob(1, body)
                count += 1
            }
            return count
        }
    }

    func entry(eventID: String) throws(StorageError) -> StoredEntry? {
        try rows("event_id = ?", .text(eventID)).first
    }

    func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try rows(
            "stream = ? AND version >= ? ORDER BY version LIMIT ?", .text(stream), .integer(Int64(clamping: version)),
            .integer(Int64(limit)))
    }

    func last(of stream: String) throws(StorageError) -> StoredEntry? {
        try rows("stream = ? ORDER BY version DESC LIMIT 1", .text(stream)).first
    }

    func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry] {
        try rows("control = 1 AND idx >= ? ORDER BY idx", .integer(Int64(clamping: index)))
    }

    func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord? {
        try records("principal = ? AND key = ?", .text(principal), .text(key)).first
    }

    func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord] {
        try records(
            "idx >= ? AND idx < ? ORDER BY idx", .integer(Int64(clamping: range.lowerBound)),
            .integer(Int64(clamping: range.upperBound)))
    }

    func counts() throws(StorageError) -> RowCounts {
        try session.connection.withStatement(
            """
            SELECT (SELECT count(*) FROM entries WHERE log = ?1), (SELECT count(*) FROM tiles WHERE log = ?1),
            (SELECT count(*) FROM idempotency WHERE log = ?1)
            """
        ) { statement throws(StorageError) in
            try statement.bind([.integer(log)])
            guard try statement.step() else { throw StorageError(.unavailable, detail: "no counts") }
            return RowCounts(
                entries: Int(statement.integer(0)), tiles: Int(statement.integer(1)),
                idempotency: Int(statement.integer(2)))
        }
    }

    func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]? {
        try session.connection.withStatement("SELECT hashes FROM tiles WHERE log = ? AND level = ? AND tile = ?") {
            statement throws(StorageError) in
            try statement.bind([.integer(log), .integer(Int64(level)), .integer(Int64(clamping: index))])
            return try statement.step() ? statement.blob(0) : nil
        }
    }

    private func rows(_ condition: String, _ values: SQLiteValue...) throws(StorageError) -> [StoredEntry] {
        let sql = "SELECT \(Self.columns) FROM entries WHERE log = ? AND \(condition)"
        return try session.connection.withStatement(sql) { statement throws(StorageError) in
            try statement.bind([.integer(log)] + values)
            var entries: [StoredEntry] = []
            while try statement.step() {
                guard let index = UInt64(exactly: statement.integer(0)),
                    let version = UInt64(exactly: statement.integer(3))
                else { throw StorageError(.corrupt, detail: "entry row") }
                entries.append(
                    StoredEntry(
                        index: index, eventID: statement.text(1), stream: statement.text(2), version: version,
                        type: statement.text(4), isControl: statement.integer(5) != 0, bytes: statement.blob(6)))
            }
            return entries
        }
    }

    private func records(_ condition: String, _ values: SQLiteValue...) throws(StorageError) -> [IdempotencyRecord] {
        let sql = "SELECT principal, key, request, idx FROM idempotency WHERE log = ? AND \(condition)"
        return try session.connection.withStatement(sql) { statement throws(StorageError) in
            try statement.bind([.integer(log)] + values)
            var records: [IdempotencyRecord] = []
            while try statement.step() {
                guard let index = UInt64(exactly: statement.integer(3)) else {
                    throw StorageError(.corrupt, detail: "idempotency row")
                }
                records.append(
                    .init(
                        principal: statement.text(0), key: statement.text(1), request: statement.text(2), index: index))
            }
            return records
        }
    }
}

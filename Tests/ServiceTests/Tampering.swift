import CSQLite
import Crypto
import Foundation
import Ledger
import SQLiteStorage
import Storage
import Testing

@testable import Service

/// What somebody can do who writes to the database and has no key.
extension Workbench {
    /// Changes a database of the home behind the product's back.
    func tamper(_ sql: String, in database: String = "cxrledger.db") throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        try #require(sqlite3_open(settings.home + "/" + database, &handle) == SQLITE_OK)
        try #require(
            sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK, "\(String(cString: sqlite3_errmsg(handle)))")
    }

    /// Changes entries, from which the database's own rules keep only those who cannot drop them.
    func tamperWithEntries(_ sql: String) throws {
        try tamper(
            """
            DROP TRIGGER IF EXISTS entries_are_appended; DROP TRIGGER IF EXISTS entries_are_never_updated;
            DROP TRIGGER IF EXISTS entries_are_never_deleted;
            DROP INDEX IF EXISTS entries_by_stream; DROP INDEX IF EXISTS entries_by_event; \(sql)
            """)
    }

    /// Changes the log's tables and leaves no trace in the triggers, which it takes away for the while.
    func tamperKeepingTriggers(_ sql: String) throws {
        let triggers = try String(
            contentsOf: Workbench.repository.appending(path: "migrations/sqlite/log/0001_entries.sql"), encoding: .utf8
        )
        .components(separatedBy: "CREATE TRIGGER").dropFirst().map {
            "CREATE TRIGGER" + ($0.components(separatedBy: "END;")[0]) + "END;"
        }
        let names = ["entries_are_appended", "entries_are_never_updated", "entries_are_never_deleted"]
        try tamper(names.map { "DROP TRIGGER \($0);" }.joined() + sql + ";" + triggers.joined(separator: "\n"))
    }

    /// Repeats an old entry at the end, and makes tree and head agree with it.
    func transplant(_ index: UInt64) async throws {
        let log = application.log
        let (head, frontier, leaf) = try await log.read { reader throws(StorageError) in
            let head = try reader.head() ?? .empty
            do {
                let frontier = try TileFrontier(size: head.size, reading: reader)
                let entry = try reader.entries(from: index, limit: 1)[0]
                return (head, frontier, Entry.hash(entry.bytes))
            } catch { throw StorageError(.corrupt) }
        }
        var grown = frontier
        let tiles = grown.append([leaf]).map { tile in
            "INSERT OR REPLACE INTO tiles SELECT log, \(tile.level), \(tile.index), x'\(Hex.encode(tile.bytes))' FROM heads;"
        }
        try tamperWithEntries(
            """
            INSERT INTO entries SELECT log, \(head.size), event_id, stream, version, type, control, entry
            FROM entries WHERE idx = \(index);
            \(tiles.joined())
            UPDATE heads SET size = size + 1, root = x'\(grown.root.hex)',
            epoch = epoch + (SELECT control FROM entries WHERE idx = \(index) LIMIT 1)
            """)
    }
}

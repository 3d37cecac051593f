import Foundation
import SQLiteStorage
import Storage
import StorageTestSupport
import Testing

@Suite struct `The event store in SQLite` {
    private let log = TestLog()
    private let site: SQLiteSite

    init() throws { site = SQLiteSite(folder: try TestFolder()) }

    private func fill() async throws -> any EventStore {
        let store = try site.openLog(log.origin)
        let sequencer = Sequencer(
            store: store, lock: MemoryCheckpointLock(), identity: log.identity, now: TestClock().now)
        _ = try await sequencer.append(log.certification)
        for number in 0..<3 { _ = try await sequencer.append(log.append(to: "s", key: "k\(number)")) }
        return store
    }

    @Test(arguments: [
        "UPDATE entries SET entry = x'00' WHERE idx = 1",
        "UPDATE entries SET idx = 9 WHERE idx = 3",
        "DELETE FROM entries WHERE idx = 3",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries SELECT log, idx, 'new', 'new', 0, type, control, entry FROM entries WHERE idx = 1",
        "INSERT OR REPLACE INTO entries SELECT log, 4, event_id, 'new', 0, type, control, entry FROM entries WHERE idx = 1",
        "INSERT OR REPLACE INTO entries SELECT log, 4, 'new', stream, version, type, control, entry FROM entries WHERE idx = 1",
        "INSERT INTO entries SELECT log, 9, 'new', 'new', 0, type, control, entry FROM entries WHERE idx = 1",
        "INSERT INTO entries SELECT 77, 0, 'new', 'new', 0, type, control, entry FROM entries WHERE idx = 1",
    ])
    func `refuses to change an entry, or to leave a hole, whoever asks`(sql: String) async throws {
        let store = try await fill()
        let database = try RawDatabase(site.database)
        try database.execute("PRAGMA foreign_keys = ON")
        #expect(throws: RawDatabase.Failure.self) { try database.execute(sql) }
        #expect(try await LogAudit(store, of: log).head.size == 4)
    }

    @Test func `is durable and in write-ahead mode`() async throws {
        _ = try await fill()
        let database = try RawDatabase(site.database)
        #expect(try database.integer("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 1)
        #expect(try database.integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1)
        #expect(try SQLiteBackend(database: site.database, home: site.folder.path).damage() == [])
    }

    @Test func `names the logs in a file, and makes none by asking`() async throws {
        let backend = SQLiteBackend(database: site.database, home: site.folder.path)
        #expect(try backend.origins() == [])
        _ = try await fill()
        _ = try site.openLog("log.example/another")
        #expect(try backend.origins() == [log.origin, "log.example/another"])
    }

    @Test func `refuses a database of a newer version`() async throws {
        _ = try await fill()
        let database = try RawDatabase(site.database)
        try database.execute("INSERT INTO migrations (number, name) VALUES (99, '0099_from_the_future')")
        #expect(throws: StorageError(.incompatible)) { try site.openLog(log.origin) }
    }

    @Test func `refuses a file that is no database`() throws {
        try Data([UInt8](repeating: 0x41, count: 8_192)).write(to: URL(filePath: site.database))
        #expect(throws: StorageError(.corrupt)) { try site.openLog(log.origin) }
    }

    @Test func `waits for another writer instead of failing`() async throws {
        let store = try await fill()
        let database = try RawDatabase(site.database)
        try database.execute("BEGIN IMMEDIATE")
        async let committed = store.commit { reader throws(StorageError) in (nil, try reader.head()?.size) }
        try await Task.sleep(for: .milliseconds(50))
        try database.execute("COMMIT")
        #expect(try await committed == 4)
    }
}

import CPowerLossVFS
import CSQLite
import Foundation
import SQLiteStorage
import Storage
import StorageTestSupport
import TestSupport
import Testing

/// One simulated disk for all, so one after the other.
@Suite(.serialized) struct `When power is lost` {
    /// `CXRLEDGER_POWER_LOSS_ROUNDS` asks for more than the usual twenty.
    static let seeds =
        0..<(ProcessInfo.processInfo.environment["CXRLEDGER_POWER_LOSS_ROUNDS"].flatMap(UInt64.init) ?? 20)

    @Test(arguments: seeds) func `nothing acknowledged is missing and nothing is there twice`(seed: UInt64) async throws
    {
        var random = SplitMix64(seed: seed)
        let round = try PowerLossRound()
        for _ in 0..<4 {
            // Now and then already while the database is opened or recovered.
            let early = Int.random(in: 0..<4, using: &random) == 0
            try await PowerLoss.begin(after: Int64.random(in: 0..<(early ? 40 : 1_500), using: &random))
            await round.live(seed: random.next())
            try await PowerLoss.settle(
                seed: random.next(), kept: [0, 64, 128, 192, 256].randomElement(using: &random) ?? 0)
            try await PowerLoss.begin()
            try await round.check()
            try await PowerLoss.settle(seed: 0, kept: 0)
        }
        try await PowerLoss.begin()
        try await round.finish()
        try await PowerLoss.settle(seed: 0, kept: 0)
        try await PowerLoss.begin()
        try await round.check()
    }

    /// Proves that the simulation takes away what a careless database would lose.
    @Test(arguments: [("OFF", 0), ("NORMAL", 0), ("FULL", 1)])
    func `only what was synced is left`(synchronous: String, rows: Int64) async throws {
        let folder = try TestFolder()
        let path = folder.path + "/raw.db"
        try await PowerLoss.begin()
        do {
            let database = try RawDatabase(path, vfs: PowerLoss.vfs)
            try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (n INTEGER)")
            try database.execute("PRAGMA synchronous = \(synchronous); INSERT INTO t VALUES (1)")
            #expect(try database.integer("SELECT count(*) FROM t") == 1)
            powerloss_schedule(0)
            try? database.execute("INSERT INTO t VALUES (2)")
            #expect(PowerLoss.happened)
        }
        try await PowerLoss.settle(seed: 0, kept: 0)
        #expect(try RawDatabase(path).integer("SELECT count(*) FROM t") == rows)
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func `a torn write is neither there nor in the way`(seed: UInt64)
        async throws
    {
        let folder = try TestFolder()
        let path = folder.path + "/raw.db"
        try await PowerLoss.begin()
        do {
            let database = try RawDatabase(path, vfs: PowerLoss.vfs)
            try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (b BLOB)")
            powerloss_schedule(Int64(seed) + 2)
            try? database.execute("INSERT INTO t VALUES (zeroblob(60000))")
            #expect(PowerLoss.happened)
        }
        try await PowerLoss.settle(seed: seed, kept: 200)
        let database = try RawDatabase(path)
        #expect(try database.integer("SELECT count(*) FROM t") == 0)
        try database.execute("INSERT INTO t VALUES (zeroblob(60000)); PRAGMA integrity_check")
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
    }

    /// Each write, sync, truncation and deletion of opening, appending and closing fails once, on a fresh database; then
    /// power is lost.
    @Test(arguments: [(SQLITE_IOERR, 256), (SQLITE_FULL, 0)] as [(Int32, UInt32)])
    func `a failed operation before it harms nothing`(status: Int32, kept: UInt32) async throws {
        var (step, isAhead) = (Int64(0), false)
        repeat {
            let round = try PowerLossRound()
            try await PowerLoss.begin()
            powerloss_fail(step, status)
            await round.live(seed: UInt64(step), producers: 1, commands: 3)
            while powerloss_open_files() > 0 { await Task.yield() }
            isAhead = powerloss_is_failure_ahead() != 0
            try await PowerLoss.settle(seed: UInt64(step), kept: kept)
            try await PowerLoss.begin()
            try await round.finish()
            try await PowerLoss.settle(seed: 0, kept: 0)
            step += 1
        } while !isAhead
        #expect(step > 60)
    }
}

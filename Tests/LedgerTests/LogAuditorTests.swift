import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `An audit` {
    @Test func `accepts a sound log in one piece, in batches or one by one`() throws {
        var log = try SampleLog()
        log.fill(700)
        var whole = log.auditor()
        let (envelopes, tiles) = try whole.check(log.entries)
        #expect(envelopes.count == 701 && envelopes.last?.stream == "s6" && whole.size == 701)
        for size in [1, 7, 100, 300] {
            var (auditor, stored, start) = (log.auditor(), MemoryTiles(), 0)
            while start < log.entries.count {
                let end = min(start + size, log.entries.count)
                stored.insert(try auditor.check(Array(log.entries[start..<end])).tiles)
                start = end
            }
            #expect(auditor.edge == whole.edge && auditor.frontier == whole.frontier)
            for tile in tiles { #expect(stored.tile(level: tile.level, index: tile.index) == tile.bytes) }
        }
        let leaves = log.entries.map(Entry.hash)
        #expect(whole.edge.root == Reference.root(leaves[...]))
        for size in [0, 1, 255, 256, 257, 512, 700, 701] {
            #expect(whole.root(at: UInt64(size)) == Reference.root(leaves.prefix(size)))
        }
        #expect(whole.root(at: 702) == nil)
        #expect(whole.lastRecordedAt == envelopes.last?.recordedAt.microseconds)
    }

    @Test func `learns the keys from the pinned root`() throws {
        let log = try SampleLog()
        var auditor = LogAuditor(pinnedRoot: log.root.publicKey, origin: nil)
        #expect(auditor.eventKey == nil && auditor.checkpointKey == nil && auditor.origin == nil)
        _ = try auditor.check(log.entries)
        #expect(auditor.eventKey == log.eventKey.publicKey && auditor.origin == log.origin)
        #expect(auditor.checkpointKey == (try Fixture.key(2).publicKey) && auditor.certificates.count == 2)
        var stranger = LogAuditor(pinnedRoot: try Fixture.key(8).publicKey, origin: nil)
        let finding = #expect(throws: LedgerFinding.self) { try stranger.check(log.entries) }
        #expect(finding?.code == .root && finding?.index == 0)
    }

    @Test func `follows a rotation of the event key, within one batch and across two`() throws {
        var log = try SampleLog()
        log.fill(40)
        log.rotate(to: try Fixture.key(3))
        log.fill(40)
        #expect(log.finding() == nil)
        var auditor = log.auditor()
        _ = try auditor.check(Array(log.entries.prefix(42)))
        _ = try auditor.check(Array(log.entries.dropFirst(42)))
        #expect(auditor.eventKey == (try Fixture.key(3).publicKey))
        log.add(stream: "s", key: try Fixture.key(1))
        #expect(log.finding()?.code == .key && log.finding()?.index == 82)
    }

    /// A way to spoil a log, and what must be found.
    struct Fault: Sendable, CustomTestStringConvertible {
        let code: LedgerFinding.Code
        let name: String
        let spoil: @Sendable (inout SampleLog) throws -> Void
        var testDescription: String { "\(code.rawValue): \(name)" }
    }

    static let faults: [Fault] = [
        Fault(code: .origin, name: "another log") { $0.add(stream: "x", log: "other.example") },
        Fault(code: .key, name: "uncertified key") { $0.add(stream: "x", key: try Fixture.key(7)) },
        Fault(code: .key, name: "the root key itself") { $0.add(stream: "x", key: $0.root) },
        Fault(code: .key, name: "the checkpoint key") { $0.add(stream: "x", key: try Fixture.key(2)) },
        Fault(code: .streamOrder, name: "a hole") { $0.add(stream: "s1", version: 99) },
        Fault(code: .streamOrder, name: "a repetition") { $0.add(stream: "s1", version: 0) },
        Fault(code: .streamOrder, name: "a stream from version 1") { $0.add(stream: "x", version: 1) },
        Fault(code: .previous, name: "another predecessor") { $0.add(stream: "s1", previous: .zero) },
        Fault(code: .time, name: "time goes back") { $0.add(stream: "x", later: -1) },
        Fault(code: .canonical, name: "an impossible field") { $0.add(stream: "a b") },
        Fault(code: .root, name: "keys of another log") {
            let payload = $0.certification([(try Fixture.key(3), .event)], validFrom: 99, log: "other.example")
            $0.add(stream: "keys", type: "KeysCertified", payload: payload)
        },
        Fault(code: .key, name: "new key, certified by the old one's signature") {
            $0.certify(try Fixture.key(3), .event)
        },
    ]

    @Test(arguments: faults) func `finds the fault and names the entry`(fault: Fault) throws {
        var log = try SampleLog()
        log.fill(50)
        try fault.spoil(&log)
        let index = UInt64(log.entries.count - 1)
        log.add(stream: "after")
        #expect(log.finding()?.code == fault.code && log.finding()?.index == index)
        var auditor = log.auditor()
        #expect(throws: LedgerFinding.self) { try auditor.check(log.entries) }
        #expect(auditor.size == index, "the entries before the finding are accepted")
        #expect(auditor.edge.root == Reference.root(log.entries.prefix(Int(index)).map(Entry.hash)[...]))
    }

    @Test func `finds a first entry that certifies nothing`() throws {
        #expect(try SampleLog(firstType: "ServiceStarted").finding()?.code == .root)
        #expect(try SampleLog(validFrom: 1).finding()?.code == .root)
        #expect(try SampleLog(certifiedFor: "other.example").finding()?.code == .root)
        var log = try SampleLog()
        var auditor = LogAuditor(pinnedRoot: log.root.publicKey, origin: "expected.example")
        log.fill(1)
        let finding = #expect(throws: LedgerFinding.self) { try auditor.check(log.entries) }
        #expect(finding?.code == .origin)
    }

    @Test func `finds entries that were left out, repeated or swapped`() throws {
        var log = try SampleLog()
        log.fill(60)
        var (missing, repeated, swapped) = (log.entries, log.entries, log.entries)
        missing.remove(at: 30)
        repeated.insert(repeated[30], at: 31)
        swapped.swapAt(30, 31)
        for entries in [missing, repeated, swapped] {
            var auditor = log.auditor()
            #expect(throws: LedgerFinding.self) { try auditor.check(entries) }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `locates every flipped bit`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var log = try SampleLog()
        log.fill(40)
        var entries = log.entries
        let place = Int.random(in: entries.indices, using: &random)
        entries[place][Int.random(in: entries[place].indices, using: &random)] ^=
            1 << UInt8.random(in: 0..<8, using: &random)
        var auditor = log.auditor()
        let finding = #expect(throws: LedgerFinding.self) { try auditor.check(entries) }
        #expect(finding?.index == UInt64(place))
        #expect(auditor.size == UInt64(place))
    }
}

import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `An audit of the tree` {
    @Test func `arrives at the tiles and the root that the whole audit arrives at`() throws {
        var log = try SampleLog()
        log.fill(700)
        var (tree, whole) = (TreeAuditor(), log.auditor())
        let tiles = try tree.check(.init(of: log.entries))
        #expect(tiles == (try whole.check(log.entries).tiles))
        #expect(tree.root == whole.edge.root && tree.size == 701 && tree.lastRecordedAt == whole.lastRecordedAt)
    }

    @Test func `finds in the order of entries what the whole audit finds`() throws {
        for fault in `An audit`.faults where [.streamOrder, .previous, .time].contains(fault.code) {
            var log = try SampleLog()
            log.fill(10)
            try fault.spoil(&log)
            var tree = TreeAuditor()
            let finding = #expect(throws: LedgerFinding.self) { try tree.check(.init(of: log.entries)) }
            #expect(finding == log.finding(), "\(fault)")
        }
    }

    @Test func `finds nothing behind what it found`() throws {
        var log = try SampleLog()
        log.fill(5)
        var tree = TreeAuditor()
        var entries = log.entries
        entries.insert([], at: 3)
        #expect(throws: LedgerFinding.self) { try tree.check(.init(of: entries)) }
        #expect(tree.size == 3)
    }

    @Test(arguments: [0, 1, 1 << 20, UInt64.max]) func `takes any size for what is to come`(size: UInt64) throws {
        var log = try SampleLog()
        log.fill(9)
        var tree = TreeAuditor()
        tree.expect(size)
        _ = try tree.check(.init(of: log.entries))
        tree.expect(size)
        #expect(tree.size == 10)
    }

    @Test func `finds an entry that is none`() throws {
        var log = try SampleLog()
        log.fill(3)
        for (spoilt, code) in [([UInt8](), LedgerFinding.Code.layout), (Array(log.entries[2].dropLast()), .layout)] {
            var tree = TreeAuditor()
            let finding = #expect(throws: LedgerFinding.self) {
                try tree.check(.init(of: log.entries.prefix(2) + [spoilt]))
            }
            #expect(finding?.code == code && finding?.index == 2 && tree.size == 2)
        }
    }

    @Test func `goes on from what was kept of it`() throws {
        var log = try SampleLog()
        log.fill(900)
        for cut in [0, 1, 256, 300, 512, 901] {
            var tree = TreeAuditor()
            _ = try tree.check(.init(of: log.entries[..<cut]))
            var resumed = try TreeAuditor(decoding: tree.encoded())
            #expect(resumed.encoded() == tree.encoded() && resumed.size == UInt64(cut))
            _ = try resumed.check(.init(of: log.entries[cut...]))
            var whole = TreeAuditor()
            _ = try whole.check(.init(of: log.entries))
            #expect(resumed.root == whole.root && resumed.encoded() == whole.encoded())
        }
    }

    @Test func `refuses what was not kept of one`() throws {
        var log = try SampleLog()
        log.fill(300)
        var tree = TreeAuditor()
        _ = try tree.check(.init(of: log.entries))
        let kept = tree.encoded()
        for length in 0..<600 { #expect(throws: LedgerError.self) { try TreeAuditor(decoding: kept[..<length]) } }
    }
}

extension TreeAuditor.Part {
    fileprivate init(of entries: some Collection<[UInt8]>) {
        self.init(capacity: entries.count)
        for entry in entries { append(entry.span) }
    }
}

import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `An audit of the tree` {
    @Test func `arrives at the tiles and the root that the whole audit arrives at`() throws {
        var log = try SampleLog()
        log.fill(700)
        var (tree, whole) = (TreeAuditor(), log.auditor())
        let tiles = try tree.check(.init(log.entries))
        #expect(tiles == (try whole.check(log.entries).tiles))
        #expect(tree.root == whole.edge.root && tree.size == 701 && tree.lastRecordedAt == whole.lastRecordedAt)
    }

    @Test func `finds in the order of entries what the whole audit finds`() throws {
        for fault in `An audit`.faults where [.streamOrder, .previous, .time].contains(fault.code) {
            var log = try SampleLog()
            log.fill(10)
            try fault.spoil(&log)
            var tree = TreeAuditor()
            let finding = #expect(throws: LedgerFinding.self) { try tree.check(.init(log.entries)) }
            #expect(finding == log.finding(), "\(fault)")
        }
    }

    @Test func `finds an entry that is none`() throws {
        var log = try SampleLog()
        log.fill(3)
        for (spoilt, code) in [([UInt8](), LedgerFinding.Code.layout), (Array(log.entries[2].dropLast()), .layout)] {
            var tree = TreeAuditor()
            let finding = #expect(throws: LedgerFinding.self) {
                try tree.check(.init(log.entries.prefix(2) + [spoilt]))
            }
            #expect(finding?.code == code && finding?.index == 2 && tree.size == 2)
        }
    }

    @Test func `goes on from what was kept of it`() throws {
        var log = try SampleLog()
        log.fill(900)
        for cut in [0, 1, 256, 300, 512, 901] {
            var tree = TreeAuditor()
            _ = try tree.check(.init(Array(log.entries[..<cut])))
            var resumed = try TreeAuditor(decoding: tree.encoded())
            #expect(resumed.encoded() == tree.encoded() && resumed.size == UInt64(cut))
            _ = try resumed.check(.init(Array(log.entries[cut...])))
            var whole = TreeAuditor()
            _ = try whole.check(.init(log.entries))
            #expect(resumed.root == whole.root && resumed.encoded() == whole.encoded())
        }
    }

    @Test func `refuses what was not kept of one`() throws {
        var log = try SampleLog()
        log.fill(300)
        var tree = TreeAuditor()
        _ = try tree.check(.init(log.entries))
        let kept = tree.encoded()
        for length in 0..<600 { #expect(throws: LedgerError.self) { try TreeAuditor(decoding: kept[..<length]) } }
    }
}

import CanonicalJSON
import Crypto
import Foundation
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `A spool` {
    private let folder: TestFolder
    private let log = TestLog(origin: "log.example/spool", seed: 3)
    private let time = Timestamp(microseconds: 1_700_000_000_000_000)

    init() throws { folder = try TestFolder() }

    private var path: String { folder.path + "/spool" }

    private func spool(_ capacity: Int = 65_536) throws -> SpoolFile { try SpoolFile(path: path, capacity: capacity) }

    private func keep(_ spool: SpoolFile, bytes: Int = 0, id: String? = nil) throws {
        let payload: JSONValue = ["text": .string(String(repeating: "x", count: bytes))]
        let draft = log.proposal(stream: "access", type: "PredictionRead", payload: payload, id: id).draft
        try spool.keep(draft, log: log.origin, at: time, signer: log.eventKey)
    }

    @Test func `keeps what another process finds, in order, each record naming the one before`() throws {
        let spool = try spool()
        #expect(try spool.isEmpty())
        for _ in 0..<5 { try keep(spool) }
        let contents = try self.spool().contents()
        #expect(try contents.records.count == 5 && !contents.isDamaged && !self.spool().isEmpty())
        var previous: Digest?
        for (number, record) in contents.records.enumerated() {
            let envelope = try Envelope(parsing: record.envelope)
            #expect(record.verify(with: log.eventKey.publicKey))
            #expect(envelope.version == UInt64(number) && envelope.previous == previous && envelope.log == log.origin)
            previous = SHA256.hash(record.envelope)
        }
        #expect(try spool.clear(contents))
        #expect(try spool.isEmpty() && spool.contents().size == 0)
    }

    /// The layout of docs/formats.md, byte by byte; it never changes.
    @Test func `has the frozen layout`() throws {
        let spool = try spool()
        try keep(spool, id: "00000000-0000-7000-8000-000000000001")
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        #expect(bytes.count == 65_536)
        #expect(bytes.prefix(16).elementsEqual(Array("CXRSPOOL".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]))
        let length = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
        let envelope = Array(bytes[20..<20 + length])
        let due =
            #"{"action":"C","actor":{"id":"tester","kind":"service","roles":[]},"correlation":"c","format":1,"#
            + #""id":"00000000-0000-7000-8000-000000000001","log":"log.example/spool","#
            + #""occurred_at":"2023-11-14T22:13:20.000000Z","outcome":"success","payload":{"text":""},"previous":null,"#
            + #""recorded_at":"2023-11-14T22:13:20.000000Z","schema":1,"#
            + #""service":{"build":"b","host":"h","id":"i","version":"v"},"severity":"low","stream":"access","#
            + #""type":"PredictionRead","version":0}"#
        #expect(String(decoding: envelope, as: UTF8.self) == due)
        let key = log.eventKey.publicKey
        #expect(bytes[(20 + length)...].prefix(32).elementsEqual(key.keyID.bytes))
        let type = "application/vnd.cxrledger.spool+json"
        let message = Array("DSSEv1 \(type.utf8.count) \(type) \(length) ".utf8) + envelope
        #expect(key.verify(Array(bytes[(52 + length)...].prefix(64)), message))
        #expect(bytes[(116 + length)...].allSatisfy { $0 == 0 })
        #expect(try spool.contents().size == (100 + length + 7) / 8 * 8)
    }

    @Test func `takes no more than its room, and is made anew only when it is empty`() throws {
        let spool = try spool()
        var count = 0
        #expect(throws: StorageError(.full)) {
            while true {
                try keep(spool, bytes: 1_000)
                count += 1
            }
        }
        #expect(count > 30 && count < 65)
        let contents = try spool.contents()
        #expect(try self.spool(1 << 20).contents() == contents)
        #expect(try spool.clear(contents))
        try keep(try self.spool(1 << 20), bytes: 30_000)
        try keep(try self.spool(1 << 20), bytes: 30_000)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 1 << 20)
    }

    @Test func `that got another record meanwhile is not emptied`() throws {
        let spool = try spool()
        try keep(spool)
        let seen = try spool.contents()
        try keep(try self.spool())
        #expect(try !spool.clear(seen))
        #expect(try spool.contents().records.count == 2)
    }

    /// Power is lost while a record is written, or while the spool is emptied: the bytes are there up to some place only.
    @Test func `does not know a record that was cut off, nor what an emptying left`() throws {
        let spool = try spool()
        try keep(spool)
        try keep(spool)
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let first = try spool.contents().records[0].bytes.count
        let end = 16 + (try spool.contents().size)
        for cut in stride(from: 16 + first + 4, to: end, by: 7) {
            var torn = whole
            // The length is written last.
            torn.replaceSubrange(16 + first..<20 + first, with: [0, 0, 0, 0])
            torn.replaceSubrange(cut..<end, with: repeatElement(0, count: end - cut))
            try Data(torn).write(to: URL(filePath: path))
            #expect(try spool.contents().records.count == 1 && !spool.contents().isDamaged)
            try keep(spool)
            #expect(try spool.contents().records.count == 2 && !spool.contents().isDamaged)
        }
        // Emptied as far as the first length; a short record then ends before an old one begins.
        var emptied = whole
        emptied.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        try Data(emptied).write(to: URL(filePath: path))
        #expect(try spool.isEmpty() && !spool.contents().isDamaged)
        try keep(spool, bytes: 3)
        #expect(try spool.contents().records.count == 1 && !spool.contents().isDamaged)
    }

    @Test func `that is no spool any more takes nothing until it is set aside`() throws {
        let spool = try spool()
        for damage in ["", "something else", "CXRSPOOL"] {
            try Data(damage.utf8).write(to: URL(filePath: path))
            #expect(try !spool.isEmpty() && spool.contents().isDamaged)
            #expect(throws: StorageError(.corrupt)) { try keep(spool) }
            try spool.setAside(as: path + ".aside")
            #expect(try Data(contentsOf: URL(filePath: path + ".aside")) == Data(damage.utf8))
            try keep(spool)
            #expect(try spool.contents().records.count == 1)
        }
    }
}

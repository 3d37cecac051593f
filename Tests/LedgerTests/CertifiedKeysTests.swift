import CanonicalJSON
import Crypto
import Ledger
import Testing

@Suite struct `The keys of a log` {
    private let (first, checkpoint, second, third):
        (Ed25519.PrivateKey, Ed25519.PrivateKey, Ed25519.PrivateKey, Ed25519.PrivateKey)

    init() throws {
        (first, checkpoint) = (try Fixture.key(1), try Fixture.key(2))
        (second, third) = (try Fixture.key(3), try Fixture.key(4))
    }

    /// Learns the keys of a log from the entries of their stream alone, as a verifier of an export does.
    private func keys(of log: SampleLog) throws -> CertifiedKeys {
        var keys = CertifiedKeys(pinnedRoot: log.root.publicKey, origin: nil)
        for (index, bytes) in log.entries.enumerated() {
            guard try Envelope(parsing: try Entry(decoding: bytes).envelope).stream == CertifiedKeys.stream else {
                continue
            }
            _ = try keys.check(bytes, at: UInt64(index))
        }
        return keys
    }

    /// One event key for entries 0…9, another from entry 10 on, which retires the first as entry 11.
    private func rotated() throws -> SampleLog {
        var log = try SampleLog()
        log.fill(9)
        log.rotate(to: second)
        log.retire(first)
        log.fill(8)
        return log
    }

    @Test func `count from the event that brings them on, however early their certificates begin`() throws {
        let log = try rotated()
        #expect(log.finding() == nil)
        let keys = try keys(of: log)
        #expect(keys.eventKey(at: 9) == first.publicKey && keys.eventKey(at: 10) == second.publicKey)
        #expect(keys.eventKey(at: 1 << 40) == second.publicKey)
        #expect(keys.history.map(\.countsFrom) == [0, 0, 10] && keys.history[0].retiredAt == 11)
        var every = keys
        for (index, bytes) in log.entries.enumerated().reversed() { _ = try every.check(bytes, at: UInt64(index)) }
        #expect(every.history == keys.history, "what is known already is not taken twice")
    }

    @Test func `count from the index of the certificate on when that is later`() throws {
        var log = try SampleLog()
        log.certify(second, .event, validFrom: 5, signedBy: first)
        log.fill(3)
        log.add(stream: "x", key: second)
        log.add(stream: "x", key: second)
        #expect(log.finding() == nil)
        log.add(stream: "x", key: first)
        #expect(log.finding()?.code == .key)
    }

    @Test func `may be replaced by the root alone, when they were lost`() throws {
        var log = try SampleLog()
        log.fill(3)
        log.rotate(to: second)
        log.certify(third, .checkpoint)
        log.fill(2)
        #expect(log.finding() == nil)
        let keys = try keys(of: log)
        #expect(keys.checkpointKey(size: 5) == checkpoint.publicKey, "a tree without the event")
        #expect(keys.checkpointKey(size: 6) == third.publicKey, "the tree whose last entry is the event")
        #expect(keys.checkpointKey(size: 0) == checkpoint.publicKey)
    }

    /// What must not be done to a key.
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let code: LedgerFinding.Code
        let testDescription: String
        let does: @Sendable (inout SampleLog) throws -> Void

        init(
            _ description: String, _ code: LedgerFinding.Code = .keyLife,
            _ does: @escaping @Sendable (inout SampleLog) throws -> Void
        ) {
            (testDescription, self.code, self.does) = (description, code, does)
        }
    }

    private static func naming(_ members: [String: JSONValue]) throws -> JSONValue {
        SampleLog.naming(try Fixture.key(1), .event, members)
    }

    static let misdeeds: [Misdeed] = [
        Misdeed("a retired key certified again") { $0.rotate(to: try Fixture.key(1)) },
        Misdeed("the current key certified again") { $0.rotate(to: try Fixture.key(3)) },
        Misdeed("a key certified twice in one event") {
            let key = try Fixture.key(4)
            let payload = $0.certification([(key, .event), (key, .event)], validFrom: 0, log: $0.origin)
            $0.add(stream: "keys", type: "KeysCertified", payload: payload, key: key)
        },
        Misdeed("a retired key that signs", .key) { $0.add(stream: "x", key: try Fixture.key(1)) },
        Misdeed("the current event key retired") { $0.retire(try Fixture.key(3)) },
        Misdeed("the current checkpoint key retired") { $0.retire(try Fixture.key(2), .checkpoint) },
        Misdeed("a key retired whose successor does not count yet") {
            $0.certify(try Fixture.key(4), .event, validFrom: 1_000)
            $0.retire(try Fixture.key(3))
        },
        Misdeed("a key retired for the other purpose") { $0.retire(try Fixture.key(1), .checkpoint) },
        Misdeed("a key retired that nobody knows") { $0.retire(try Fixture.key(9)) },
        Misdeed("a key compromised that nobody knows") { $0.compromise(try Fixture.key(9), from: 0) },
        Misdeed("a key retired in another stream") { $0.retire(try Fixture.key(1), in: "x") },
        Misdeed("a key compromised in another stream") { $0.compromise(try Fixture.key(1), from: 0, in: "x") },
        Misdeed("keys certified in another stream") {
            let key = try Fixture.key(4)
            let payload = $0.certification([(key, .event)], validFrom: 0, log: $0.origin)
            $0.add(stream: "x", type: "KeysCertified", payload: payload, key: key)
        },
        Misdeed("compromised from an impossible index") { $0.compromise(try Fixture.key(1), from: -1) },
        Misdeed("compromised from nowhere") {
            $0.add(stream: "keys", type: "KeyCompromised", payload: try naming([:]))
        },
        Misdeed("retired with a field too many") {
            $0.add(stream: "keys", type: "KeyRetired", payload: try naming(["x": 1]))
        },
        Misdeed("retired for no purpose") {
            $0.add(stream: "keys", type: "KeyRetired", payload: try naming(["purpose": "root"]))
        },
        Misdeed("retired under a name of capitals") {
            let key = try Fixture.key(1).publicKey.keyID.hex.uppercased()
            $0.add(stream: "keys", type: "KeyRetired", payload: try naming(["key": .string(key)]))
        },
    ]

    @Test(arguments: misdeeds) func `suffer nothing that would let an old one come back`(misdeed: Misdeed) throws {
        var log = try rotated()
        try misdeed.does(&log)
        #expect(log.finding()?.code == misdeed.code)
        #expect(log.finding()?.index == UInt64(log.entries.count - 1))
    }

    @Test func `flag what a compromised one signed, and nothing else`() throws {
        var log = try rotated()
        log.compromise(first, from: 6)
        log.compromise(checkpoint, .checkpoint, from: 15)
        log.compromise(first, from: 8)
        var auditor = log.auditor()
        _ = try auditor.check(log.entries)
        let keys = try keys(of: log)
        #expect(auditor.flags == keys.flags(size: auditor.size))
        #expect(
            auditor.flags.map(\.indices) == [6..<10, 15..<auditor.size], "the smallest index counts, once it was said")
        #expect(auditor.flags.map(\.purpose) == [.event, .checkpoint] && auditor.flags[0].key == first.publicKey.keyID)
        #expect((0..<20).filter { keys.isCompromised(.event, at: $0) } == [6, 7, 8, 9])
        #expect(!keys.isCheckpointCompromised(size: 15) && keys.isCheckpointCompromised(size: 16))
        log.compromise(second, from: 1_000)
        log.compromise(second, from: 4)
        #expect(try self.keys(of: log).flags(size: 20).map(\.indices) == [6..<10, 15..<20, 10..<20])
        #expect(try self.keys(of: log).flags(size: 0) == [])
    }

    @Test func `of which one never came to count have no flags`() throws {
        var log = try SampleLog()
        log.certify(second, .event, validFrom: 50, signedBy: first)
        log.retire(second)
        log.compromise(second, from: 0)
        log.compromise(first, from: 2)
        #expect(log.finding() == nil)
        #expect(try keys(of: log).flags(size: 99).map(\.indices) == [2..<99])
        #expect(try keys(of: log).eventKey(at: 60) == first.publicKey)
    }
}

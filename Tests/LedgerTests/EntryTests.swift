import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `An entry` {
    @Test func `has the frozen bytes`() throws {
        let stored = try Fixture.bytes("entry.bin")
        #expect(Entry.encode(envelope: Fixture.envelope, key: try Fixture.key()) == stored)
        let entry = try Entry(decoding: stored)
        #expect(entry.envelope == Fixture.envelope && entry.envelopeDigest == SHA256.hash(Fixture.envelope))
        #expect(entry.verify(with: try Fixture.key().publicKey))
        #expect(Entry.hash(stored) == SHA256.hash([0x00] + stored))
        #expect(entry.dsseLine + [0x0A] == (try Fixture.bytes("entry.dsse.json")))
    }

    @Test func `is signed over DSSE's encoding`() {
        let encoding = DSSE.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld", body: Array("hello world".utf8))
        #expect(String(decoding: encoding, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test func `is refused when its layout is wrong`() throws {
        let stored = try Fixture.bytes("entry.bin")
        func code(_ change: (inout [UInt8]) -> Void) -> LedgerError.Code? {
            var bytes = stored
            change(&bytes)
            do { _ = try Entry(decoding: bytes) } catch { return error.code }
            return nil
        }
        #expect(code { _ in } == nil)
        #expect(code { $0[0] = 2 } == .layout)
        #expect(code { $0[4] &+= 1 } == .layout)
        #expect(code { $0[1] = 0xFF } == .layout)
        #expect(code { $0[$0.count - 97] = 2 } == .layout)
        #expect(code { $0.append(0) } == .layout)
        #expect(code { $0.removeLast() } == .layout)
        #expect(code { $0 = [] } == .layout)
        #expect(code { $0 = [UInt8](repeating: 1, count: Entry.maximumSize + 1) } == .tooLarge)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `verifies only as it was signed`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = try Fixture.bytes("entry.bin")
        bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        let isVerified = (try? Entry(decoding: bytes))?.verify(with: try Fixture.key().publicKey)
        #expect(isVerified != true)
        #expect(try Entry(decoding: Fixture.bytes("entry.bin")).verify(with: Fixture.key(1).publicKey) == false)
    }

    @Test func `holds at most 32 KiB`() async throws {
        let key = try Fixture.key()
        let largest = Entry.encode(envelope: [UInt8](repeating: 0x20, count: Entry.maximumEnvelopeSize), key: key)
        #expect(largest.count == 32_768)
        #expect(try Entry(decoding: largest).verify(with: key.publicKey))
        await #expect(processExitsWith: .failure) {
            let key = Ed25519.PrivateKey.generate()
            _ = Entry.encode(envelope: [UInt8](repeating: 0x20, count: Entry.maximumEnvelopeSize + 1), key: key)
        }
    }
}

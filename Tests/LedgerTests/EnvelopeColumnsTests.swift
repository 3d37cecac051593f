import CanonicalJSON
import Ledger
import TestSupport
import Testing

@Suite struct `An envelope's columns` {
    private func changed(_ name: String, to value: JSONValue?) throws -> [UInt8] {
        var fields = try #require(try JSONValue.parse(Fixture.envelope).objectValue)
        fields[name] = value
        return JSONValue.object(fields).canonicalBytes()
    }

    @Test func `are the same skimmed as read`() throws {
        var log = try SampleLog()
        log.fill(20)
        log.add(stream: "x", payload: ["version": 9, "stream": "}\",", "a": ["b": [1, "\\\"", .null]]])
        let spellings = [
            Fixture.envelope, try changed("stream", to: "a\\\"b"), try changed("type", to: "a\"b"),
            try changed("idempotency", to: nil), try changed("idempotency", to: ["key": "k\n", "request": "é"]),
            try changed("actor", to: ["id": "\"", "kind": "human", "roles": ["id"]]),
        ]
        for bytes in try log.entries.map({ try Entry(decoding: $0).envelope }) + spellings {
            let envelope = try Envelope(parsing: bytes)
            #expect(try EnvelopeColumns(skimming: bytes) == EnvelopeColumns(envelope))
        }
    }

    @Test(arguments: ["actor", "id", "recorded_at", "stream", "type", "version"])
    func `need each of the fields`(name: String) throws {
        for value: JSONValue? in [nil, nil, ["no": "field"]] {
            let bytes = try changed(name, to: value)
            #expect(throws: LedgerError.self) { try EnvelopeColumns(skimming: bytes) }
        }
    }

    @Test func `never read beyond a cut or changed envelope`() throws {
        let envelope = Fixture.envelope
        var random = SplitMix64(seed: 7)
        for length in envelope.indices { _ = try? EnvelopeColumns(skimming: Array(envelope[..<length])) }
        for _ in 0..<2_000 {
            var changed = envelope
            changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? EnvelopeColumns(skimming: changed)
            _ = Envelope.type(skimming: changed.span)
        }
    }

    @Test func `begin with the type, which is found from the end`() throws {
        let type = try Envelope(parsing: Fixture.envelope).type
        #expect(Envelope.type(skimming: Fixture.envelope.span) == type)
        for text in ["", "{}", "[]", #"{"type":1,"version":0}"#, #"{"type":"T","u":0,"version":0}"#] {
            #expect(Envelope.type(skimming: Array(text.utf8).span) == nil)
        }
    }
}

import CanonicalJSON
import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `An envelope's skim` {
    private func skim(_ text: String) throws -> EnvelopeSkim { try EnvelopeSkim(Array(text.utf8).span) }

    @Test func `says what the whole envelope says`() throws {
        var log = try SampleLog()
        log.fill(20)
        log.add(stream: "x", payload: ["version": 9, "stream": "}\",", "a": ["b": [1, "\\\"", .null]]])
        for bytes in log.entries {
            let envelope = try Envelope(parsing: try Entry(decoding: bytes).envelope)
            let skim = try EnvelopeSkim(bytes.span.extracting(try Entry.envelopeRange(in: bytes)))
            #expect(skim.stream == SHA256.hash(Array(envelope.stream.utf8)) && skim.version == envelope.version)
            #expect(skim.previous == envelope.previous && skim.recordedAt == envelope.recordedAt)
        }
    }

    static let fields = [
        "\"previous\":null", "\"recorded_at\":\"2026-11-23T22:48:00.123456Z\"", "\"stream\":\"s\"", "\"version\":0",
    ]

    @Test func `needs each of its fields`() throws {
        let whole = "{" + Self.fields.joined(separator: ",") + "}"
        #expect(try skim(whole).version == 0)
        for place in Self.fields.indices {
            var fields = Self.fields
            fields.remove(at: place)
            #expect(throws: LedgerError.self) { try skim("{" + fields.joined(separator: ",") + "}") }
        }
    }

    @Test(arguments: ["", "{", "{}", "[]", "null", "{'a", "{'a\\", "{'a':", "{'a':'\\", "{'a':[{", "{'a':]}"])
    func `of bytes that are no envelope is refused`(text: String) {
        #expect(throws: LedgerError.self) { try skim(text.replacing("'", with: "\"")) }
    }

    @Test func `never reads beyond a cut or changed envelope`() throws {
        let log = try SampleLog()
        let envelope = try Entry(decoding: log.entries[0]).envelope
        var random = SplitMix64(seed: 7)
        for length in envelope.indices { _ = try? EnvelopeSkim(Array(envelope[..<length]).span) }
        for _ in 0..<2_000 {
            var changed = envelope
            changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? EnvelopeSkim(changed.span)
        }
    }
}

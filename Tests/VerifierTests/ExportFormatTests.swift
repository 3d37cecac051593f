import CanonicalJSON
import Crypto
import Ledger
import Testing

@testable import Verifier

@Suite struct `The renderings of an entry` {
    private func facts(
        actor: String = "a", roles: [String] = [], payload: JSONValue = [:], subject: String? = nil
    ) -> EnvelopeFacts {
        let draft = EnvelopeDraft(
            id: "01890a5d-ac96-774b-bcce-b302099a8057", stream: "s", type: "T", schema: 1, action: "C",
            occurredAt: Timestamp(microseconds: 0),
            actor: .init(id: actor, kind: "human", roles: roles, credential: "c0", address: "192.0.2.7"),
            correlation: "c", outcome: "success", severity: "low",
            service: .init(build: "b", host: "h", id: "i", version: "v"), subject: subject, payload: payload)
        return EnvelopeFacts(
            draft.envelope(log: "log", version: 0, previous: nil, recordedAt: Timestamp(microseconds: 1_000_000)))
    }

    @Test func `quote every field and double every quote`() {
        var csv: [UInt8] = []
        ExportRow.writeCSV(
            facts(actor: "o\"x\n", roles: ["a", "b"], payload: ["k": "v"], subject: "s_1"), index: 7, hash: .zero,
            into: &csv)
        let zeros = String(repeating: "0", count: 64)
        #expect(
            String(decoding: csv, as: UTF8.self) == """
                "7","1970-01-01T00:00:01.000000Z","1970-01-01T00:00:00.000000Z","T","s","0","o""x\n","human","a b","c0",\
                "192.0.2.7","success","low","s_1","01890a5d-ac96-774b-bcce-b302099a8057","\(zeros)","{""k"":""v""}"\r\n
                """)
    }

    @Test func `let no text become markup or turn the line around`() {
        var html: [UInt8] = []
        ExportRow.writeHTML(
            facts(actor: "<b a='1'>&\u{202E}\u{1}é", payload: ["k": "</td>"]), index: 0, hash: .zero, into: &html)
        let text = String(decoding: html, as: UTF8.self)
        #expect(text.contains("<td>&lt;b a=&#39;1&#39;&gt;&amp;\u{FFFD}\u{FFFD}é</td>"))
        #expect(text.contains("{&quot;k&quot;:&quot;&lt;/td&gt;&quot;}"))
    }

    @Test func `find the same fields as a strict reading`() throws {
        let payload: JSONValue = [
            "digest": "x", "model": ["digest": "d", "id": "no"], "type": "no", "actor": ["id": "no"],
        ]
        let facts = facts(actor: "me", payload: payload)
        #expect(facts.token(.actor).elementsEqual("\"me\"".utf8) && facts.token(.type).elementsEqual("\"T\"".utf8))
        #expect(facts.token(.payload).elementsEqual(payload.canonicalBytes()))
        #expect(facts.payloadMember("model", "digest").elementsEqual("\"d\"".utf8))
        #expect(facts.payloadMember("model", "none").isEmpty && facts.payloadMember("digest", "none").isEmpty)
        #expect(facts.token(.subject).isEmpty)
    }

    @Test func `stay within bounds whatever the bytes are`() {
        for text in [
            "", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"actor\":{\"id\":\"", "[[[", "{\"a\":\"\\",
            "{\"payload\":[}",
        ] {
            let facts = EnvelopeFacts(Array(text.utf8))
            var csv: [UInt8] = []
            ExportRow.writeCSV(facts, index: 0, hash: .zero, into: &csv)
            _ = facts.payloadMember("model", "digest")
        }
    }
}

@Suite struct `An export's manifest` {
    private func manifest() throws -> ExportManifest {
        var filter = ExportFilter()
        (filter.since, filter.type) = (Timestamp(microseconds: 5), "T")
        var manifest = ExportManifest(
            export: "export-1", grade: .complete, origin: "log",
            rootKey: try Ed25519.PrivateKey(seed: SecretBytes(Array(0..<32))).publicKey,
            size: 9, root: .zero, range: 1..<4, filters: filter, entries: 3, matched: 2,
            createdAt: Timestamp(microseconds: 7), program: "0.1.0")
        manifest.files = [.init(path: "a", bytes: 1, sha256: .zero), .init(path: "b.c", bytes: 0, sha256: .zero)]
        return manifest
    }

    @Test func `reads back what it wrote`() throws {
        let manifest = try manifest()
        #expect(try ExportManifest(parsing: manifest.bytes) == manifest)
    }

    @Test func `has these bytes`() throws {
        let zeros = String(repeating: "0", count: 64)
        #expect(
            String(decoding: try manifest().bytes, as: UTF8.self) == """
                {"created_at":"1970-01-01T00:00:00.000007Z","entries":3,"export":"export-1","files":[{"bytes":1,"path":"a",\
                "sha256":"\(zeros)"},{"bytes":0,"path":"b.c","sha256":"\(zeros)"}],"filters":{"since":\
                "1970-01-01T00:00:00.000005Z","type":"T"},"format":"cxrledger-export/1","from":1,"grade":"complete",\
                "matched":2,"origin":"log","program":"0.1.0","root":"\(zeros)","root_key":\
                "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=","size":9,"to":4}
                """)
    }

    @Test(arguments: [
        ("\"from\":1", "\"from\":4"), ("\"to\":4", "\"to\":10"), ("complete", "Complete"), ("\"a\"", "\"c\""),
        ("\"a\"", "\"../a\""), ("\"a\"", "\".a\""), ("\"type\"", "\"typo\""), ("export/1", "export/2"),
        ("\"size\":9", "\"size\":-9"), ("export-1", ""), ("\"bytes\":1,", ""),
        ("{\"created_at\"", "{\"a\":1,\"created_at\""),
    ])
    func `is refused when a field is none of its own`(change: (from: String, to: String)) throws {
        let text = String(decoding: try manifest().bytes, as: UTF8.self)
        let changed = text.replacing(change.from, with: change.to, maxReplacements: 1)
        #expect(changed != text)
        #expect(throws: LedgerError.self) { try ExportManifest(parsing: Array(changed.utf8)) }
    }
}

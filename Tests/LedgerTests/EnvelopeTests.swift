import CanonicalJSON
import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `An envelope` {
    @Test func `gives back what the draft was made of`() throws {
        let envelope = try Envelope(parsing: Fixture.envelope)
        #expect(envelope.action == "C" && envelope.type == "PredictionRecorded" && envelope.schema == 2)
        #expect(envelope.stream == "prediction-01890a5d" && envelope.version == 7 && envelope.log == "log.example/cxr")
        #expect(envelope.previous == SHA256.hash(Array("predecessor".utf8)))
        #expect(envelope.id == Fixture.draft.id && envelope.correlation == "request-1")
        #expect(envelope.causation == "01890a5d-ac96-774b-bcce-b302099a8056" && envelope.subject == "s_42")
        #expect(envelope.occurredAt.description == "2026-02-28T23:59:59.999999Z")
        #expect(envelope.recordedAt.description == "2026-03-01T00:00:00.000000Z")
        #expect(envelope.outcome == "minor" && envelope.outcomeReason == "line\nbreak" && envelope.severity == "medium")
        #expect(envelope.idempotency?.request == String(repeating: "ff", count: 32))
        #expect(
            envelope.actor.userAgent == "Test/1.0 (\"quoted\" \\ é)"
                && envelope.actor.roles == ["clinician", "auditor"])
        #expect(envelope.actor.name == "Dr. Möller" && envelope.actor.port == 54_321)
        #expect(envelope.actor.issuer == "https://id.example" && envelope.actor.tokenID == "jti-7")
        #expect(envelope.actor.onBehalfOf == "ward-3" && envelope.actor.purpose == "TREAT")
        #expect(envelope.service == .init(build: "abc123", host: "node-1", id: "cxrledger", version: "1.0.0"))
        #expect(envelope.parsedPayload()["probability"]?.stringValue == "0.98666966")
    }

    @Test func `leaves out what is not known`() throws {
        let draft = EnvelopeDraft(
            id: Fixture.draft.id, stream: "s", type: "T", schema: 1, action: "E", occurredAt: .init(microseconds: 0),
            actor: .init(id: "cxrledger", kind: "service", roles: []), correlation: "", outcome: "success",
            severity: "low", service: .init(build: "", host: "", id: "cxrledger", version: "1"), payload: [:])
        try draft.validate()
        let bytes = draft.envelope(log: "l", version: 0, previous: nil, recordedAt: Timestamp(microseconds: .max))
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"action":"E","actor":{"id":"cxrledger","kind":"service","roles":[]},"correlation":"","format":1,\
                "id":"01890a5d-ac96-774b-bcce-b302099a8057","log":"l","occurred_at":"1970-01-01T00:00:00.000000Z",\
                "outcome":"success","payload":{},"previous":null,"recorded_at":"9999-12-31T23:59:59.999999Z","schema":1,\
                "service":{"build":"","host":"","id":"cxrledger","version":"1"},"severity":"low","stream":"s","type":"T","version":0}
                """)
        let envelope = try Envelope(parsing: bytes)
        #expect(envelope.previous == nil && envelope.actor.address == nil && envelope.subject == nil)
    }

    @Test(
        arguments: [
            ("format", 2), ("action", "X"), ("outcome", "failure"), ("severity", "none"), ("id", "not-a-uuid"),
            ("version", -1),
            ("version", "7"), ("version", 0), ("previous", nil), ("previous", "ab"), ("schema", 0), ("schema", true),
            ("stream", ""), ("stream", "a b"), ("stream", "é"), ("type", 1), ("payload", []), ("payload", "x"),
            ("recorded_at", "2026-03-01T00:00:00Z"), ("occurred_at", "2026-02-29T00:00:00.000000Z"), ("subject", nil),
            ("actor", []), ("actor", ["id": "x", "kind": "robot", "roles": []]),
            ("actor", ["id": "x", "kind": "human"]),
            ("actor", ["id": "x", "kind": "human", "roles": [1]]),
            ("service", ["build": "", "host": "", "id": "", "version": "", "x": 1]),
            ("service", ["build": "", "id": "", "version": ""]),
            ("actor", ["id": "x", "kind": "human", "roles": [], "port": 65_536]),
            ("actor", ["id": "x", "kind": "human", "roles": [], "port": "1"]),
            ("actor", ["id": "x", "kind": "human", "roles": [], "name": nil]),
            ("actor", ["id": "x", "kind": "human", "roles": [], "extra": 1]), ("idempotency", ["key": "k"]),
            ("unknown", 1), ("log", 1), ("causation", 1), ("correlation", nil),
        ] as [(String, JSONValue)])
    func `is refused with an impossible field`(name: String, value: JSONValue) throws {
        var fields = try #require(try JSONValue.parse(Fixture.envelope).objectValue)
        fields[name] = value
        let error = #expect(throws: LedgerError.self) {
            try Envelope(parsing: JSONValue.object(fields).canonicalBytes())
        }
        #expect(error?.code == .field)
    }

    @Test func `is refused without any of the fields it must have`() throws {
        let fields = try #require(try JSONValue.parse(Fixture.envelope).objectValue)
        let optional: Set = ["causation", "idempotency", "outcome_reason", "subject"]
        for name in fields.keys {
            var fields = fields
            fields[name] = nil
            let bytes = JSONValue.object(fields).canonicalBytes()
            #expect(((try? Envelope(parsing: bytes)) != nil) == optional.contains(name), "\(name)")
        }
    }

    @Test func `is refused in any other spelling`() throws {
        let text = String(decoding: Fixture.envelope, as: UTF8.self)
        for other in [text + "\n", " " + text, text.replacing("\"format\":1", with: "\"format\":1.0"), "[]", ""] {
            #expect(throws: LedgerError.self) { try Envelope(parsing: Array(other.utf8)) }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func `survives damage`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = Fixture.envelope
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        _ = try? Envelope(parsing: bytes)
    }
}

@Suite struct `A draft` {
    private func draft(
        id: String = Fixture.draft.id, stream: String = "s", type: String = "T", action: String = "C",
        outcome: String = "success",
        payload: JSONValue = [:]
    ) -> EnvelopeDraft {
        EnvelopeDraft(
            id: id, stream: stream, type: type, schema: 1, action: action, occurredAt: .init(microseconds: 0),
            actor: .init(id: "x", kind: "service", roles: []), correlation: "c", outcome: outcome, severity: "low",
            service: .init(build: "b", host: "h", id: "i", version: "v"), payload: payload)
    }

    @Test func `is checked before it is recorded`() throws {
        try draft().validate()
        for bad in [
            draft(id: "x"), draft(stream: "a b"), draft(type: ""), draft(action: "x"), draft(outcome: "x"),
            draft(payload: []),
        ] {
            #expect(throws: LedgerError.self) { try bad.validate() }
        }
    }

    @Test func `that is valid fits an entry`() throws {
        let tooLarge = draft(payload: ["x": .string(String(repeating: "x", count: 32_400))])
        let error = #expect(throws: LedgerError.self) { try tooLarge.validate() }
        #expect(error?.code == .tooLarge)
        let largest = draft(payload: ["x": .string(String(repeating: "x", count: 32_030))])
        try largest.validate()
        let bytes = largest.envelope(
            log: String(repeating: "l", count: 100), version: 1 << 53, previous: .zero,
            recordedAt: Timestamp(microseconds: .max))
        #expect(bytes.count <= Entry.maximumEnvelopeSize && bytes.count + Entry.overhead <= largest.estimatedSize)
    }
}

@Suite struct `A timestamp` {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.000001Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"),
            (1_709_164_800_000_000, "2024-02-29T00:00:00.000000Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func `is written and read exactly`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.00000Z", "1970-01-01T00:00:00.0000000Z",
        "1970-01-01 00:00:00.000000Z", "1970-01-01T00:00:00.000000z", "1970-01-01T00:00:00.000000",
        "2023-02-29T00:00:00.000000Z",
        "2100-02-29T00:00:00.000000Z", "2023-04-31T00:00:00.000000Z", "2023-00-01T00:00:00.000000Z",
        "2023-13-01T00:00:00.000000Z", "2023-01-00T00:00:00.000000Z", "2023-01-32T00:00:00.000000Z",
        "2023-01-01T24:00:00.000000Z", "2023-01-01T00:60:00.000000Z", "2023-01-01T00:00:60.000000Z",
        "1969-12-31T23:59:59.999999Z", "+023-01-01T00:00:00.000000Z", "２023-01-01T00:00:00.00000Z",
    ])
    func `has no other spelling`(text: String) { #expect(Timestamp(text) == nil) }

    @Test func `counts every day of eight thousand years`() {
        var previous = Timestamp(microseconds: -5)
        #expect(previous.microseconds == 0)
        for day in Int64(1)..<2_932_897 {
            let time = Timestamp(microseconds: day * 86_400_000_000)
            if day % 17 == 0 {
                #expect(Timestamp(time.description) == time && previous.description < time.description)
                previous = time
            }
        }
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
    }
}

@Suite struct `An event id` {
    @Test func `is a UUID of version 7 in lower case`() {
        #expect(UUIDv7.isValid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))  // RFC 9562 appendix A.6
        for text in [
            "", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f", "017f22e279b07cc398c4dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2+79b0-7cc3-98c4-dc0c0c07398f",
        ] { #expect(!UUIDv7.isValid(text)) }
    }
}

import CanonicalJSON
import Crypto

extension Envelope {
    /// Reads an envelope, strictly: canonical bytes, exactly the known fields, each with a possible value.
    ///
    /// - Throws: `.canonical` or `.field`.
    public init(parsing bytes: [UInt8]) throws(LedgerError) {
        let value: JSONValue
        do { value = try JSONValue.parse(bytes) } catch { throw LedgerError(.canonical, error.description) }
        var fields = try FieldReader(value, path: "")
        guard try fields.integer("format") == Self.format else { throw LedgerError(.field, "format") }
        action = try fields.choice("action", among: Self.actions)
        actor = try Actor(try fields.value("actor"))
        causation = try fields.optionalText("causation")
        correlation = try fields.text("correlation")
        id = try fields.text("id")
        guard UUIDv7.isValid(id) else { throw LedgerError(.field, "id") }
        idempotency = try fields.optionalValue("idempotency").map { value throws(LedgerError) in try Idempotency(value)
        }
        log = try fields.text("log")
        occurredAt = try fields.time("occurred_at")
        outcome = try fields.choice("outcome", among: Self.outcomes)
        outcomeReason = try fields.optionalText("outcome_reason")
        payload = try fields.value("payload")
        guard payload.objectValue != nil else { throw LedgerError(.field, "payload") }
        recordedAt = try fields.time("recorded_at")
        schema = Int(try fields.integer("schema"))
        guard schema >= 1 else { throw LedgerError(.field, "schema") }
        service = try Service(try fields.value("service"))
        severity = try fields.choice("severity", among: Self.severities)
        stream = try fields.name("stream")
        subject = try fields.optionalText("subject")
        type = try fields.name("type")
        guard let version = UInt64(exactly: try fields.integer("version")) else { throw LedgerError(.field, "version") }
        self.version = version
        previous = try Self.previous(try fields.value("previous"), version: version)
        try fields.finish()
    }

    /// Version 0 has no predecessor, every later one has.
    private static func previous(_ value: JSONValue, version: UInt64) throws(LedgerError) -> Digest? {
        if version == 0, value == .null { return nil }
        guard version > 0, let text = value.stringValue, let digest = Digest(hex: text), digest.hex == text else {
            throw LedgerError(.field, "previous")
        }
        return digest
    }
}

extension Envelope.Actor {
    fileprivate init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "actor.")
        id = try fields.text("id")
        name = try fields.optionalText("name")
        kind = try fields.choice("kind", among: Self.kinds)
        roles = try fields.texts("roles")
        credential = try fields.optionalText("credential")
        session = try fields.optionalText("session")
        issuer = try fields.optionalText("issuer")
        tokenID = try fields.optionalText("token_id")
        onBehalfOf = try fields.optionalText("on_behalf_of")
        address = try fields.optionalText("address")
        port = try fields.optionalInteger("port", in: 0...65_535)
        userAgent = try fields.optionalText("user_agent")
        purpose = try fields.optionalText("purpose")
        try fields.finish()
    }
}

extension Envelope.Service {
    fileprivate init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "service.")
        build = try fields.text("build")
        host = try fields.text("host")
        id = try fields.text("id")
        version = try fields.text("version")
        try fields.finish()
    }
}

extension Envelope.Idempotency {
    fileprivate init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "idempotency.")
        key = try fields.text("key")
        request = try fields.text("request")
        try fields.finish()
    }
}

import CanonicalJSON
import Crypto

extension Envelope {
    /// Reads an envelope, strictly: canonical bytes, exactly the known fields, each with a possible value.
    ///
    /// - Throws: `.canonical` or `.field`.
    public init(parsing bytes: [UInt8]) throws(LedgerError) { try self.init(parsing: bytes[...]) }

    /// The same in part of an array, such as an entry.
    public init(parsing bytes: ArraySlice<UInt8>) throws(LedgerError) {
        do throws(LedgerError) { self = try StreamedFields.read(bytes, Self.init(reading:)) } catch {
            // Once more, to say what is wrong.
            let value: JSONValue
            do { value = try JSONValue.parse(Array(bytes)) } catch { throw LedgerError(.canonical, error.description) }
            var fields = try FieldReader(value, path: "")
            guard value["format"] == .integer(Self.format) else { throw fields.refusal(of: "format") }
            try self.init(reading: &fields)
            try fields.finish()
        }
    }

    private init(reading fields: inout some FieldReading) throws(LedgerError) {
        action = try fields.choice("action", among: Self.actions)
        actor = try fields.object("actor") { fields throws(LedgerError) in try Actor(reading: &fields) }
        causation = try fields.optionalText("causation")
        correlation = try fields.text("correlation")
        guard try fields.integer("format") == Self.format else { throw fields.refusal(of: "format") }
        id = try fields.text("id")
        guard UUIDv7.isValid(id) else { throw LedgerError(.field, "id") }
        idempotency = try fields.optionalObject("idempotency") { fields throws(LedgerError) in
            try Idempotency(reading: &fields)
        }
        log = try fields.text("log")
        occurredAt = try fields.time("occurred_at")
        outcome = try fields.choice("outcome", among: Self.outcomes)
        outcomeReason = try fields.optionalText("outcome_reason")
        payloadBytes = try fields.canonicalObject("payload")
        let previous = try fields.value("previous")
        recordedAt = try fields.time("recorded_at")
        schema = Int(try fields.integer("schema"))
        guard schema >= 1 else { throw LedgerError(.field, "schema") }
        service = try fields.object("service") { fields throws(LedgerError) in try Service(reading: &fields) }
        severity = try fields.choice("severity", among: Self.severities)
        stream = try fields.name("stream")
        subject = try fields.optionalText("subject")
        type = try fields.name("type")
        guard let version = UInt64(exactly: try fields.integer("version")) else { throw LedgerError(.field, "version") }
        self.version = version
        self.previous = try Self.previous(previous, version: version)
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
    fileprivate init(reading fields: inout some FieldReading) throws(LedgerError) {
        address = try fields.optionalText("address")
        credential = try fields.optionalText("credential")
        id = try fields.text("id")
        issuer = try fields.optionalText("issuer")
        kind = try fields.choice("kind", among: Self.kinds)
        name = try fields.optionalText("name")
        onBehalfOf = try fields.optionalText("on_behalf_of")
        port = try fields.optionalInteger("port", in: 0...65_535)
        purpose = try fields.optionalText("purpose")
        roles = try fields.texts("roles")
        session = try fields.optionalText("session")
        tokenID = try fields.optionalText("token_id")
        userAgent = try fields.optionalText("user_agent")
    }
}

extension Envelope.Service {
    fileprivate init(reading fields: inout some FieldReading) throws(LedgerError) {
        build = try fields.text("build")
        host = try fields.text("host")
        id = try fields.text("id")
        version = try fields.text("version")
    }
}

extension Envelope.Idempotency {
    fileprivate init(reading fields: inout some FieldReading) throws(LedgerError) {
        key = try fields.text("key")
        request = try fields.text("request")
    }
}

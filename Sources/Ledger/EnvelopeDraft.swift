public import CanonicalJSON
public import Crypto

/// An envelope without what only the sequencer knows: log, version, predecessor and time of recording.
///
/// It is encoded when it is made; the sequencer only puts the pieces together.
public struct EnvelopeDraft: Sendable {
    public typealias Actor = Envelope.Actor
    public typealias Service = Envelope.Service
    public typealias Idempotency = Envelope.Idempotency

    public let id: String
    public let stream: String
    public let type: String
    public let payload: JSONValue

    // The pieces between the fields that are still missing.
    private let beforeLog: [UInt8]
    private let beforePrevious: [UInt8]
    private let beforeVersion: [UInt8]

    /// Encodes the known fields; `validate()` says whether a reader will accept them.
    public init(
        id: String, stream: String, type: String, schema: Int, action: String, occurredAt: Timestamp, actor: Actor,
        correlation: String, causation: String? = nil, idempotency: Idempotency? = nil, outcome: String,
        outcomeReason: String? = nil, severity: String, service: Service, subject: String? = nil, payload: JSONValue
    ) {
        (self.id, self.stream, self.type, self.payload) = (id, stream, type, payload)
        beforeLog = FieldWriter.members(
            [
                ("action", .string(action)), ("actor", actor.value), ("causation", causation.map { .string($0) }),
                ("correlation", .string(correlation)), ("format", .integer(Envelope.format)), ("id", .string(id)),
                ("idempotency", idempotency?.value),
            ], opening: "{", closing: ",\"log\":")
        beforePrevious = FieldWriter.members(
            [
                ("occurred_at", .string(occurredAt.description)), ("outcome", .string(outcome)),
                ("outcome_reason", outcomeReason.map { .string($0) }), ("payload", payload),
            ], opening: ",", closing: ",\"previous\":")
        beforeVersion = FieldWriter.members(
            [
                ("schema", .integer(Int64(schema))), ("service", service.value), ("severity", .string(severity)),
                ("stream", .string(stream)), ("subject", subject.map { .string($0) }), ("type", .string(type)),
            ], opening: "\",", closing: ",\"version\":")
    }

    /// The same event once more, without the place and the time of recording that an envelope gives it.
    public init(_ envelope: Envelope) {
        self.init(
            id: envelope.id, stream: envelope.stream, type: envelope.type, schema: envelope.schema,
            action: envelope.action, occurredAt: envelope.occurredAt, actor: envelope.actor,
            correlation: envelope.correlation, causation: envelope.causation, idempotency: envelope.idempotency,
            outcome: envelope.outcome, outcomeReason: envelope.outcomeReason, severity: envelope.severity,
            service: envelope.service, subject: envelope.subject, payload: envelope.parsedPayload())
    }

    /// An upper bound of the entry's bytes for an origin of up to 100 bytes.
    public var estimatedSize: Int {
        beforeLog.count + beforePrevious.count + beforeVersion.count + 256 + Entry.overhead
    }

    /// The canonical bytes to sign; `previous` is SHA-256 of the envelope before it in the stream, nil at version 0.
    public func envelope(log: String, version: UInt64, previous: Digest?, recordedAt: Timestamp) -> [UInt8] {
        precondition((version == 0) == (previous == nil), "version 0, and only it, has no predecessor")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(estimatedSize + log.utf8.count)
        bytes += beforeLog
        CanonicalWriter.writeString(log, into: &bytes)
        bytes += beforePrevious
        if let previous { CanonicalWriter.writeString(previous.hex, into: &bytes) } else { bytes += "null".utf8 }
        bytes += ",\"recorded_at\":\"".utf8
        bytes += recordedAt.description.utf8
        bytes += beforeVersion
        CanonicalWriter.writeInteger(Int64(clamping: version), into: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Checks that the event can be recorded and read again.
    ///
    /// - Throws: `.field` for a value that readers refuse, `.tooLarge` for one that fits no entry.
    public func validate() throws(LedgerError) {
        guard estimatedSize <= Entry.maximumSize else {
            throw LedgerError(.tooLarge, "entry of \(estimatedSize) bytes")
        }
        let time = Timestamp(microseconds: 0)
        _ = try Envelope(parsing: envelope(log: "log", version: 0, previous: nil, recordedAt: time))
    }
}

extension Envelope {
    /// The canonical bytes again: writing what was strictly read gives what was read.
    public var canonicalBytes: [UInt8] {
        EnvelopeDraft(
            id: id, stream: stream, type: type, schema: schema, action: action, occurredAt: occurredAt, actor: actor,
            correlation: correlation, causation: causation, idempotency: idempotency, outcome: outcome,
            outcomeReason: outcomeReason, severity: severity, service: service, subject: subject, payload: payload
        ).envelope(log: log, version: version, previous: previous, recordedAt: recordedAt)
    }
}

import CanonicalJSON
import Ledger

extension Envelope {
    /// The envelope as JSON, equal to the stored bytes it was read from.
    var json: JSONValue {
        let draft = EnvelopeDraft(
            id: id, stream: stream, type: type, schema: schema, action: action, occurredAt: occurredAt, actor: actor,
            correlation: correlation, causation: causation, idempotency: idempotency, outcome: outcome,
            outcomeReason: outcomeReason, severity: severity, service: service, subject: subject, payload: payload)
        let bytes = draft.envelope(log: log, version: version, previous: previous, recordedAt: recordedAt)
        return (try? JSONValue.parse(bytes)) ?? .null  // what was read as an envelope is written as one
    }
}

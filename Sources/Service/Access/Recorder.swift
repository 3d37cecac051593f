import CanonicalJSON
import Crypto
import Ledger
import Records
import Storage

/// Wraps events in envelopes and hands them to the sequencer: the only way into the log.
struct Recorder: Sendable {
    private let sequencer: Sequencer?
    private let service: EnvelopeDraft.Service
    private let metrics: Metrics
    private let now: Clock

    init(sequencer: Sequencer?, service: EnvelopeDraft.Service, metrics: Metrics, now: @escaping Clock) {
        (self.sequencer, self.service, self.metrics, self.now) = (sequencer, service, metrics, now)
    }

    /// What the envelope says besides the event itself.
    struct Details: Sendable {
        var subject: String?
        var outcome = Outcome.success
        var outcomeReason: String?
        var causation: String?
        var severity: Severity?
    }

    /// Records the events of one command in their streams.
    func record(
        _ events: [(stream: String, event: Event)], in context: RequestContext, details: Details = Details(),
        preconditions: [String: Append.Expectation] = [:], idempotency: Append.Idempotency? = nil, epoch: UInt64? = nil
    ) async throws(AppendError) -> Receipt {
        guard let sequencer else { throw .readOnly }
        let time = now()
        let proposals = events.map { stream, event in
            Append.Proposal(
                draft: draft(event, stream: stream, in: context, details: details, idempotency: idempotency, at: time),
                isControl: event.type.isControl)
        }
        for proposal in proposals {
            // A draft that could not be read back must never be signed.
            do { try proposal.draft.validate() } catch {
                throw .invalid("an event cannot be encoded: \(error.code.rawValue)")
            }
        }
        let begun = ContinuousClock.now
        defer {
            metrics.observe(
                "cxrledger_append_duration_seconds", "From asking to durable and proven.",
                seconds: begun.duration(to: .now) / .seconds(1))
        }
        return try await sequencer.append(
            Append(proposals, preconditions: preconditions, idempotency: idempotency, epoch: epoch))
    }

    private func draft(
        _ event: Event, stream: String, in context: RequestContext, details: Details,
        idempotency: Append.Idempotency?, at time: Timestamp
    ) -> EnvelopeDraft {
        let principal = context.principal
        return EnvelopeDraft(
            id: Identifiers.uuid(at: time), stream: stream, type: event.type.rawValue, schema: event.type.schema,
            action: event.type.action, occurredAt: time,
            actor: .init(
                id: principal.id, kind: principal.kind.rawValue, roles: [principal.role.rawValue],
                credential: principal.credential, session: principal.session, address: context.address,
                userAgent: context.userAgent, purpose: nil),
            correlation: context.correlation, causation: details.causation,
            idempotency: idempotency.map { .init(key: $0.key, request: $0.request) }, outcome: details.outcome.rawValue,
            outcomeReason: details.outcomeReason, severity: (details.severity ?? event.type.severity).rawValue,
            service: service, subject: details.subject, payload: event.payload)
    }
}

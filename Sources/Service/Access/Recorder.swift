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

    /// The same over another way into the log.
    func over(_ sequencer: Sequencer) -> Recorder {
        Recorder(sequencer: sequencer, service: service, metrics: metrics, now: now)
    }

    /// What the envelope says besides the event itself.
    struct Details: Sendable {
        let outcome: Outcome
        let reason: String?
        /// The pseudonym of the patient.
        let subject: String?
        /// The id of the event that led to this one.
        let causation: String?
        /// When it is not that of the event's type.
        let severity: Severity?
        /// Whether the actor signs with their printed name (21 CFR 11.50).
        let isSignature: Bool

        init(
            _ outcome: Outcome = .success, because reason: String? = nil, subject: String? = nil,
            causation: String? = nil, severity: Severity? = nil, isSignature: Bool = false
        ) {
            (self.outcome, self.reason, self.subject, self.causation) = (outcome, reason, subject, causation)
            (self.severity, self.isSignature) = (severity, isSignature)
        }
    }

    /// Records the events of one command in their streams.
    func record(
        _ events: [(stream: String, event: Event)], in context: RequestContext, details: Details = Details(),
        preconditions: [String: Append.Expectation] = [:], idempotency: Append.Idempotency? = nil, epoch: UInt64? = nil,
        signers: [any Signer] = []
    ) async throws(AppendError) -> Receipt {
        let time = now()
        let proposals = events.map { stream, event in
            proposal(event, stream: stream, in: context, details: details, idempotency: idempotency, at: time)
        }
        return try await append(
            Append(proposals, preconditions: preconditions, idempotency: idempotency, epoch: epoch, signers: signers))
    }

    /// Records what was made before.
    func append(_ append: Append) async throws(AppendError) -> Receipt {
        guard let sequencer else { throw .readOnly }
        for proposal in append.proposals {
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
        return try await sequencer.append(append)
    }

    /// An event in its envelope, as far as that is known before it has a place.
    func proposal(
        _ event: Event, stream: String, in context: RequestContext, details: Details,
        idempotency: Append.Idempotency? = nil, at time: Timestamp? = nil
    ) -> Append.Proposal {
        let draft = draft(
            event, stream: stream, in: context, details: details, idempotency: idempotency, at: time ?? now())
        return Append.Proposal(draft: draft, isControl: event.type.isControl)
    }

    private func draft(
        _ event: Event, stream: String, in context: RequestContext, details: Details,
        idempotency: Append.Idempotency?, at time: Timestamp
    ) -> EnvelopeDraft {
        let (principal, source) = (context.principal, context.source)
        return EnvelopeDraft(
            id: Identifiers.uuid(at: time), stream: stream, type: event.type.rawValue, schema: event.type.schema,
            action: event.type.action, occurredAt: time,
            actor: .init(
                id: principal.id, name: details.isSignature ? principal.name : nil, kind: principal.kind.rawValue,
                roles: [principal.role.rawValue], credential: principal.credential, session: principal.session,
                address: source.address, port: source.port, userAgent: source.userAgent, purpose: source.purpose),
            correlation: source.correlation, causation: details.causation,
            idempotency: idempotency.map { .init(key: $0.key, request: $0.request) }, outcome: details.outcome.rawValue,
            outcomeReason: details.reason, severity: (details.severity ?? event.type.severity).rawValue,
            service: service, subject: details.subject, payload: event.payload)
    }
}

import Ledger
import Records
import Storage

/// Every event as one line of what happened: the table that incidents are searched in.
struct TimelineProjection: FollowingProjection {
    let name = "timeline"
    let version = 2
    var tables: [Table] { [Self.table] }

    static let table = Table(
        name: "timeline",
        columns: [
            .init("idx", .integer), .init("event_id", .text), .init("recorded_at", .integer),
            .init("occurred_at", .integer), .init("type", .text), .init("stream", .text), .init("actor", .text),
            .init("credential", .text), .init("about_credential", .text), .init("session", .text),
            .init("address", .text), .init("model", .text),
            .init("subject", .text), .init("outcome", .text), .init("severity", .text), .init("correlation", .text),
            .init("summary", .text),
        ],
        indexes: [
            ["recorded_at"], ["type", "idx"], ["stream", "idx"], ["actor", "idx"], ["credential", "idx"],
            ["about_credential", "idx"],
            ["address", "idx"], ["model", "idx"], ["outcome", "idx"],
        ])

    func changes(for event: LoggedEvent) -> [TableChange] {
        let envelope = event.envelope
        let (model, credential) = Self.objects(of: event.fact)
        return [
            .insert(
                table: Self.table.name,
                row: [
                    .integer(Int64(event.index)), .text(envelope.id), .integer(envelope.recordedAt.microseconds),
                    .integer(envelope.occurredAt.microseconds), .text(envelope.type), .text(envelope.stream),
                    .text(envelope.actor.id), .optional(envelope.actor.credential), .optional(credential),
                    .optional(envelope.actor.session), .optional(envelope.actor.address), .optional(model),
                    .optional(envelope.subject), .text(envelope.outcome), .text(envelope.severity),
                    .text(envelope.correlation), .text(EventSummary.text(of: event.fact)),
                ])
        ]
    }

    /// The model and the credential that an event is about.
    private static func objects(of fact: StoredFact) -> (model: String?, credential: String?) {
        guard case .known(let event) = fact else { return (nil, nil) }
        return switch event {
        case .modelRegistered(let event): (event.digest, nil)
        case .modelActivated(let event): (event.digest, nil)
        case .modelRolledBack(let event): (event.digest, nil)
        case .modelRetired(let event): (event.digest, nil)
        case .modelIntegrityFailed(let event): (event.digest, nil)
        case .thresholdChanged(let event): (event.digest, nil)
        case .predictionRecorded(let event): (event.model.digest, nil)
        case .credentialIssued(let event): (nil, event.credential)
        case .credentialRotated(let event): (nil, event.credential)
        case .credentialRevoked(let event): (nil, event.credential)
        case .authenticationFailed(let event): (nil, event.credential)
        case .loginSucceeded(let event): (nil, event.credential)
        case .logout(let event): (nil, event.credential)
        case .serviceStarted, .serviceStopped, .keysCertified, .configChanged, .inputRejected, .predictionReviewed,
            .predictionRead, .predictionSearched, .predictionReproduced, .authorizationDenied, .auditLogQueried,
            .backupTaken, .restoreCompleted, .keyRetired, .keyCompromised, .checkpointTimestamped, .witnessRefused,
            .logExported, .chainVerificationFailed, .logRecovered, .spoolAppended, .storageWeakened,
            .projectionEventSkipped:
            (nil, nil)
        }
    }
}

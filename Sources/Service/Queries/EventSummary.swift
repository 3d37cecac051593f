import Records

/// One sentence of an event for people; nothing sealed, nothing secret.
enum EventSummary {
    static func text(of fact: StoredFact) -> String {
        guard case .known(let event) = fact else { return "An event of a type that this version does not know" }
        return switch event {
        case .serviceStarted(let event): "Service \(event.version) started"
        case .serviceStopped(let event): "Service stopped after \(event.uptimeSeconds) s: \(event.reason)"
        case .keysCertified(let event): "The root key certified \(event.keys.count) keys"
        case .modelRegistered(let event): "Model \(event.name) \(event.version) registered (\(event.digest.prefix(12)))"
        case .modelActivated(let event):
            "Model \(event.name) \(event.version) activated (\(event.digest.prefix(12)))\(reason(event.reason))"
        case .modelRolledBack(let event):
            "Rolled back to model \(event.name) \(event.version) (\(event.digest.prefix(12)))\(reason(event.reason))"
        case .modelRetired(let event): "Model \(event.digest.prefix(12)) retired\(reason(event.reason))"
        case .modelIntegrityFailed(let event): "Model \(event.digest.prefix(12)) refused: \(event.detail)"
        case .thresholdChanged(let event):
            "Threshold of model \(event.digest.prefix(12)) changed from \(event.from) to \(event.to)\(reason(event.reason))"
        case .configChanged(let event): "Setting \(event.name) changed from \(event.from) to \(event.to)"
        case .predictionRecorded(let event):
            "\(event.label), probability \(event.probability), by \(event.model.name) \(event.model.version)"
        case .inputRejected(let event): "Picture refused (\(event.code)): \(event.detail)"
        case .predictionReviewed(let event): "Review: \(event.verdict.rawValue), label \(event.label)"
        case .predictionRead(let event): "Prediction viewed (\(event.part))"
        case .predictionSearched(let event): "Predictions searched, \(event.returned) shown"
        case .predictionReproduced(let event): event.same ? "Reproduced, same bits" : "Reproduced, DIFFERENT bits"
        case .credentialIssued(let event): "Credential issued for \(event.role.rawValue) '\(event.name)'"
        case .credentialRotated: "Credential rotated; the old key ended"
        case .credentialRevoked(let event): "Credential revoked\(reason(event.reason))"
        case .loginSucceeded: "Signed in at the page"
        case .logout: "Signed out of the page"
        case .authenticationFailed(let event): "\(event.count) × key refused within \(event.window) s: \(event.reason)"
        case .authorizationDenied(let event): "Refused: \(event.operation) needs \(event.permission)"
        case .auditLogQueried(let event): "Log read: \(event.operation), \(event.returned) shown"
        case .backupTaken(let event): "Backup \(event.name) of \(event.size) events"
        case .restoreCompleted(let event): "Restored \(event.size) events from \(event.backup)"
        case .keyRetired(let event):
            "The \(event.purpose) key \(event.key.prefix(12)) was retired\(reason(event.reason))"
        case .keyCompromised(let event):
            "The \(event.purpose) key \(event.key.prefix(12)) is COMPROMISED from index \(event.from) on\(reason(event.reason))"
        case .checkpointTimestamped(let event): "The checkpoint of \(event.size) entries was stamped at \(event.time)"
        case .witnessRefused(let event):
            "Witness \(event.witness) REFUSED the checkpoint of \(event.size): \(event.detail)"
        case .logExported(let event):
            "Exported \(event.entries) entries (\(event.grade)) of \(event.from) to \(event.to)"
        case .chainVerificationFailed(let event):
            "The \(event.finder) found entry \(event.index) DAMAGED: \(event.detail)"
        case .logRecovered(let event): "Recovered entries \(event.from) to \(event.to) from \(event.source)"
        case .storageWeakened(let event):
            "The database \(event.refused ? "was REFUSED" : "is UNSAFE") with \(event.settings.joined(separator: ", "))"
        case .spoolAppended(let event): "\(event.records) reads were recorded later than they happened"
        case .projectionEventSkipped(let event):
            "The list '\(event.projection)' passes over event \(event.index)\(reason(event.reason))"
        }
    }

    private static func reason(_ text: String) -> String { text.isEmpty ? "" : ": \(text)" }
}

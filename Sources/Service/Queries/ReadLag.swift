import Ledger
import Storage

/// How far what a standby answered was behind what was acknowledged.
public struct ReadLag: Codable, Sendable, Equatable {
    /// Acknowledged entries that it had not seen.
    public let entries: UInt64
    /// How long ago the first of them was recorded; 0 when there was none.
    public let seconds: Double

    /// As a header says it.
    public var text: String { "entries=\(entries), seconds=\(seconds)" }

    /// The same for people.
    public var description: String { "\(entries) entries, \(seconds) s behind" }
}

extension Application {
    /// How far somebody who has seen so many entries is behind what was acknowledged; nil when that cannot be told.
    func lag(at position: UInt64) async -> ReadLag? {
        guard let promised = lockedSize() else { return nil }
        guard position < promised else { return ReadLag(entries: 0, seconds: 0) }
        let entry = try? await log.read { reader throws(StorageError) in
            try reader.entries(from: position, limit: 1).first { $0.index == position }
        }
        guard let entry, let event = try? LoggedEvent(entry) else { return nil }
        let milliseconds = max(0, now().microseconds - event.envelope.recordedAt.microseconds) / 1_000
        return ReadLag(entries: promised - position, seconds: Double(milliseconds) / 1_000)
    }

    /// Whether the standby answers, and how far behind it is; nil without one.
    func standbyCheck() async -> HealthView.Check? {
        guard let standby else { return nil }
        let size = await standby.read(having: 0) { reader throws(StorageError) in try reader.head()?.size ?? 0 }
        guard let size, let lag = await lag(at: size) else {
            return .init(status: "degraded", message: "it does not answer; all is read from the primary")
        }
        metrics.set(
            "cxrledger_standby_lag_entries", "Acknowledged entries that the standby does not have yet.",
            to: Double(lag.entries))
        metrics.set(
            "cxrledger_standby_lag_seconds", "How long ago the first of them was recorded.", to: lag.seconds)
        guard lag.seconds <= Double(settings.readLag) else {
            return .init(
                status: "degraded",
                message: "\(lag.description), more than DATABASE_READ_LAG: lists are read from the primary")
        }
        return .init(status: "healthy", message: lag.description)
    }
}

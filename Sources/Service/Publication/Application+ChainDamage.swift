import Concurrency
import Records
import Storage

/// Who looks at stored bytes again and again.
enum ChainFinder: String { case publisher, scrubber }

/// What of a finder's findings is in the log.
enum ChainReport: Hashable, Sendable {
    /// Nothing that this process knows of.
    case none
    /// Everything was sound when it was last looked at.
    case sound
    case told(ChainDamage)
}

extension Application {
    /// How many security events are looked through for one of the same damage.
    private static let recent: UInt64 = 200

    /// Records that stored bytes are not what was signed: a security event, once for each damage.
    ///
    /// A process that finds at its start what was reported lately does not report it again, so that what nobody mends does
    /// not fill the log.
    func report(_ damage: ChainDamage, by finder: ChainFinder) async {
        setDamage(damage, finder)
        let before = reports.withLock { $0[finder] ?? .none }
        guard before != .told(damage) else { return }
        let event = Event.chainVerificationFailed(
            .init(finder: finder.rawValue, index: damage.index, detail: damage.code.rawValue))
        if before == .none, await isRecent(event) {
            reports.withLock { $0[finder] = .told(damage) }
            return
        }
        journal?.write(
            .error, "stored bytes are not what was signed",
            ["finder": finder.rawValue, "index": String(damage.index), "code": damage.code.rawValue])
        do throws(ServiceError) {
            try await note(event, in: "security", systemContext(), .init(.serious, because: damage.code.rawValue))
            reports.withLock { $0[finder] = .told(damage) }
        } catch { journal?.write(.error, "a security event could not be recorded", ["code": error.code]) }
    }

    /// Notes that a finder found everything sound.
    func reportSound(by finder: ChainFinder) {
        setDamage(nil, finder)
        reports.withLock { $0[finder] = .sound }
    }

    private func setDamage(_ damage: ChainDamage?, _ finder: ChainFinder) {
        damages.withLock { $0[finder] = damage }
        metrics.set(
            "cxrledger_chain_damaged", "Whether stored bytes were found that are not what was signed.",
            [("finder", finder.rawValue)], to: damage == nil ? 0 : 1)
    }

    private func isRecent(_ event: Event) async -> Bool {
        let entries = try? await log.read { reader throws(StorageError) in
            let end = try reader.last(of: "security").map { $0.version + 1 } ?? 0
            return try reader.stream("security", from: end - min(end, Self.recent), limit: Int(Self.recent))
        }
        // What cannot be read now is rather told twice than not at all.
        return (entries ?? []).contains { (try? LoggedEvent($0))?.fact == .known(event) }
    }
}

import Concurrency
import Ledger
import Records
import Storage

extension Application {
    private static let stream = "publication"
    /// How often it is looked whether a stamp is due, and how long after a failure it is tried again.
    private static let tick = Duration.seconds(2)
    private static let pauses = (shortest: 10.0, longest: 600.0)
    /// How long a backup waits for its stamp.
    private static let backupPatience = Duration.seconds(10)

    /// How stamping goes on, for health and metrics.
    struct StampingState: Sendable {
        /// When the last stamp was recorded, and when stamping last failed, with its code.
        var last: Timestamp?
        var failure: (code: String, since: Timestamp, attempts: Int)?
    }

    /// Begins to have checkpoints stamped, if there is an authority and an interval.
    func startStamping() throws(ServiceError) {
        guard let authority = try TimestampAuthority(settings), settings.timestampInterval > 0, readOnly == nil else {
            return
        }
        let task = Task { [weak self] in
            while !Task.isCancelled {
                await self?.stampIfDue(authority)
                try? await Task.sleep(for: Self.tick)  // cancelled: the loop's condition ends it
            }
        }
        stamper.withLock { $0 = task }
    }

    /// Ends stamping.
    func stopStamping() {
        stamper.withLock { task in
            task?.cancel()
            task = nil
        }
    }

    /// Has the released checkpoint stamped now, and records the token.
    ///
    /// - Throws: `tsa-off` without an authority; `tsa-…` with what went wrong there; what recording throws.
    public func stamp(_ context: RequestContext) async throws(ServiceError) -> TimestampView {
        try await require(.backupCreate, for: "stamp", context)
        try requireWritable()
        guard let authority = try TimestampAuthority(settings) else {
            throw ServiceError(.invalid, "tsa-off", "There is no time-stamp authority: set TSA_URL.")
        }
        let event = try await stamp(by: authority, context)
        return TimestampView(size: event.size, root: event.root, time: event.time, authority: event.authority)
    }

    /// Stamps what a backup will hold; a backup without a stamp is better than none.
    func stampBeforeBackup(_ context: RequestContext) async {
        guard readOnly == nil, settings.timestampInterval > 0 else { return }
        do throws(ServiceError) {
            guard let authority = try TimestampAuthority(settings) else { return }
            let result = await waiting(atMost: Self.backupPatience) { [self] () -> ServiceError? in
                do throws(ServiceError) {
                    _ = try await stamp(by: authority, context)
                    return nil
                } catch { return error }
            }
            guard let result else { throw ServiceError(.unavailable, "tsa-timed-out", "The stamp took too long.") }
            if let result { throw result }
        } catch { failed(error) }
    }

    private func stampIfDue(_ authority: TimestampAuthority) async {
        let failure = stamping.withLock { $0.failure }
        if let failure {
            let pause = min(Self.pauses.shortest * Double(1 << min(failure.attempts - 1, 10)), Self.pauses.longest)
            guard seconds(since: failure.since) >= pause else { return }
        }
        do throws(ServiceError) {
            guard try await isStampDue() else { return }
            _ = try await stamp(by: authority, systemContext())
        } catch { failed(error) }
    }

    /// Whether something but the last stamp itself was recorded since, and the interval is over or a model changed.
    private func isStampDue() async throws(ServiceError) -> Bool {
        do {
            let (size, last, model) = try await log.read { reader throws(StorageError) in
                (
                    try reader.head()?.size ?? 0, try reader.last(of: Self.stream), try reader.last(of: "models")?.index
                )
            }
            guard let last = try last.map({ row throws(StorageError) in try LoggedEvent(row) }),
                case .known(.checkpointTimestamped(let stamp)) = last.fact
            else { return size > 0 }
            let recorded = last.envelope.recordedAt
            stamping.withLock { $0.last = recorded }
            guard size > last.index + 1 || last.index > stamp.size else { return false }
            if let model, model >= stamp.size { return true }
            return seconds(since: recorded) >= Double(settings.timestampInterval)
        } catch { throw ServiceError(wrapping: error) }
    }

    private func stamp(
        by authority: TimestampAuthority, _ context: RequestContext
    ) async throws(ServiceError) -> CheckpointTimestamped {
        let released: ProvenLog.SignedCheckpoint
        let version: UInt64?
        do {
            guard let checkpoint = try await proven.checkpoint() else { throw Self.proofUnavailable }
            released = checkpoint
            version = try await log.read { reader throws(StorageError) in try reader.last(of: Self.stream)?.version }
        } catch { throw ServiceError(wrapping: error) }
        let event = try await authority.stamp(released.note, released.checkpoint)
        do {
            // Of several instances whose stamps were due at the same moment, one records its own.
            _ = try await recorder.record(
                [(Self.stream, .checkpointTimestamped(event))], in: context,
                preconditions: [Self.stream: version.map { .version($0) } ?? .absent])
        } catch { throw ServiceError(error) }
        stamping.withLock { $0 = StampingState(last: now()) }
        return event
    }

    private func failed(_ error: ServiceError) {
        guard error.code != "conflict" else { return }  // another instance was quicker
        journal?.write(.error, "time stamp failed", ["code": error.code, "detail": error.detail])
        metrics.count(
            "cxrledger_timestamp_failures_total", "Time stamps that were asked for in vain.", [("code", error.code)])
        stamping.withLock { state in
            state.failure = (error.code, now(), (state.failure?.attempts ?? 0) + 1)
        }
    }

    private func seconds(since time: Timestamp) -> Double {
        Double(max(0, now().microseconds - time.microseconds)) / 1e6
    }

    /// What health says of time stamps; nil without an authority.
    func timestampCheck() -> HealthView.Check? {
        guard settings.timestampURL != nil, settings.timestampInterval > 0 else { return nil }
        let state = stamping.withLock { $0 }
        let last = state.last.map { "last stamp \(Int(seconds(since: $0))) s ago" } ?? "no stamp yet"
        guard let failure = state.failure else { return .init(status: "healthy", message: last) }
        return .init(status: "degraded", message: "\(last); \(failure.code)")
    }

    /// Puts the age of the last stamp into the metrics.
    func measureTimestamps() {
        guard settings.timestampURL != nil, let last = stamping.withLock({ $0.last }) else { return }
        metrics.set("cxrledger_timestamp_age_seconds", "Since the last time stamp.", to: seconds(since: last))
    }
}

/// A checkpoint that a time-stamp authority vouched for.
public struct TimestampView: Codable, Sendable {
    public let size: UInt64
    public let root: String
    /// The authority's time.
    public let time: String
    public let authority: String
}

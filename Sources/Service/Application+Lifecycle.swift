import Concurrency
import Crypto
import Inference
import Ledger
import Records
import Storage

extension Application {
    /// Brings the service up: records the start and changed settings, seeds the model, follows the log.
    public func start() async throws(ServiceError) {
        let context = systemContext()
        journal?.write(.info, "service started", ["version": Self.version])
        for name in settings.unknownNames { journal?.write(.warning, "unknown setting", ["name": name]) }
        if let sequencer {
            let journal = journal
            await sequencer.onTrouble { error in
                if let error {
                    journal?.write(.error, "nothing can be recorded", ["detail": error.debugDescription])
                } else {
                    journal?.write(.info, "events are recorded again")
                }
            }
            do {
                try await noteRecovery(context)
                try await recordStart(context)
                try await noteWeaknesses()
                try await lookAtModelPath(context)
            } catch {
                // A log that is behind its lock is read-only: health says so, and what must be recorded is refused.
                guard error.isReadOnlyState else { throw error }
                journal?.write(.error, "read-only", ["code": error.code, "detail": error.detail])
            }
        }
        await emptySpoolLater()
        if let active = try await control.current().models.active { try? await selfTest(active.registration.digest) }
        if let sequencer {
            let metrics = metrics
            await sequencer.onCommit { size in
                metrics.set("cxrledger_log_size", "Entries in the log.", to: Double(size))
            }
        }
        try startWitnesses()
        try startStamping()
        follow()
        let attendants = [publishRepeatedly(), scrubRepeatedly(), judgeStoreRepeatedly()].compactMap(\.self)
        self.attendants.withLock { $0 = attendants }
        resumeExports()
    }

    /// Ends the service: what was counted is recorded, and the stop itself.
    ///
    /// A start that failed ends with an event that says so.
    public func stop(reason: String, isFailure: Bool = false) async {
        follower.withLock { task in
            task?.cancel()
            task = nil
        }
        stopWitnesses()
        stopStamping()
        let attendants = attendants.withLock { attendants in
            defer { attendants = [] }
            return attendants
        }
        for task in attendants { task.cancel() }
        exports.stop()
        await recordEndedFailures(all: true)
        await recordEndedReadings(all: true)
        let uptime = (now().microseconds - started.microseconds) / 1_000_000
        let context = systemContext()
        let details = isFailure ? Recorder.Details(.serious, because: reason) : .init()
        _ = try? await note(
            .serviceStopped(.init(reason: reason, uptimeSeconds: uptime)), in: "service", context, details)
        if !attendants.isEmpty { await publishLast() }
        journal?.write(.info, "service stopped", ["reason": reason])
    }

    private func recordStart(_ context: RequestContext) async throws(ServiceError) {
        let event = ServiceStarted(
            version: Self.version, build: Self.build, settingsDigest: settings.digest.hex,
            clock: ClockReading.quality(),
            runtime: InferenceEngine.runtimeDescription)
        try await note(.serviceStarted(event), in: "service", context)
        let recorded = settings.recorded
        _ = try await command(context) { state throws(Rejection) in
            recorded.compactMap { name, value in
                let last = state.settings[name] ?? ""
                return last == value ? nil : ("settings", .configChanged(.init(name: name, from: last, to: value)))
            }
        }
    }

    /// Takes over a new model found at `MODEL_PATH`; one that cannot be used is refused, and the active model goes on.
    private func lookAtModelPath(_ context: RequestContext) async throws(ServiceError) {
        do { try await seedModel(context) } catch {
            guard !error.isReadOnlyState, try await control.current().models.active != nil else { throw error }
            journal?.write(.error, "model at MODEL_PATH failed", ["code": error.code, "detail": error.detail])
            // A file that contradicts its card was recorded when it was read.
            guard error.code != "model-digest-mismatch" else { return }
            await reportIntegrity(of: "", error)
        }
    }

    /// Moves what the spool holds into the log; what stands in the way is tried again in a second.
    private func emptySpoolLater() async {
        do { try await emptySpool() } catch {
            journal?.write(.error, "spool not appended", ["code": error.code, "detail": error.cause ?? error.detail])
        }
    }

    /// Looks for new events whenever the log has grown, by whichever process, at most ten times a second (it works beside
    /// what it follows), and at least once.
    ///
    /// A query does not wait for this; it brings the lists up to date itself.
    private func follow() {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                guard let self else { return }
                let size = (try? await head().size) ?? .max  // what does not answer is asked again in a second
                do throws(StorageError) { try await runner.catchUp() } catch {
                    journal?.write(.error, "projection failed", ["detail": error.debugDescription])
                }
                await recordEndedFailures()
                await recordEndedReadings()
                await emptySpoolLater()
                if await log.hasGrown(beyond: size, within: .seconds(1)) {
                    try? await Task.sleep(for: .milliseconds(100))  // cancelled: the loop's condition ends it
                }
            }
        }
        follower.withLock { $0 = task }
    }
}

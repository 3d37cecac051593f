import Concurrency
import Glibc
import Ledger
import Records
import Storage

extension Application {
    /// Longer than this nobody waits for a store that does not answer.
    private static let storePatience = Duration.seconds(3)

    /// Asks store, lock, model, projections and disk how they are.
    public func health() async -> HealthView {
        let locked = lockedSize()  // before the log, which may go on meanwhile
        let answer = await waiting(atMost: Self.storePatience) { [self] in await storeReading(locked) }
        let store = answer ?? unanswered("it does not answer within \(Self.storePatience)", locked)
        let (size, position, model) = (store.size, store.position, store.model)
        var checks = store.checks
        checks["settings"] = settingsCheck()
        checks["blobs"] = await blobCheck()
        checks["publication"] = publicationCheck()
        checks["scrubber"] = scrubCheck()
        checks["disk"] = disk()
        checks["witnesses"] = await witnessCheck()
        checks["timestamps"] = timestampCheck()
        checks["spool"] = await spoolCheck()
        checks["standby"] = await standbyCheck()
        let statuses = Set(checks.values.map(\.status))
        let status =
            statuses.contains("unhealthy") ? "unhealthy" : statuses.contains("degraded") ? "degraded" : "healthy"
        let time = now()
        return HealthView(
            status: status, healthy: status != "unhealthy", timestamp: time.description, version: Self.version,
            uptimeSeconds: Double(time.microseconds - started.microseconds) / 1e6, checks: checks, components: checks,
            modelStatus: model,
            chain: .init(
                lastIndex: Int64(size) - 1, verifiedTo: Int64(locked ?? 0) - 1,
                lag: Int64(clamping: size - min(size, position))))
    }

    /// What the store says of the log, and of what is read from it.
    private struct StoreReading: Sendable {
        var checks: [String: HealthView.Check] = [:]
        var size: UInt64
        var position: UInt64
        var model = HealthView.ModelStatus(loaded: false, name: nil, version: nil, digest: nil)
    }

    private func storeReading(_ locked: UInt64?) async -> StoreReading {
        let head: Head
        do { head = try await self.head() } catch { return unanswered(error.detail, locked) }
        var reading = StoreReading(size: head.size, position: (try? await runner.position()) ?? 0)
        reading.checks["clock"] = clockCheck(head)
        reading.checks["storage"] = await storageCheck(head)
        reading.checks["lock"] = await lockCheck(locked, head.size)
        let state = try? await control.current()
        if let reference = state?.models.active?.reference {
            let isLoaded = (try? await library.engine(reference.digest)) != nil
            reading.model = .init(
                loaded: isLoaded, name: reference.name, version: reference.version, digest: reference.digest)
        }
        let model = reading.model
        reading.checks["model"] =
            model.loaded
            ? .init(status: "healthy", message: "\(model.name ?? "") \(model.version ?? "")")
            : .init(status: "unhealthy", message: "no active model is loaded")
        let stopped = await runner.stopped
        reading.checks["projections"] =
            stopped.isEmpty
            ? .init(status: "healthy", message: "at \(reading.position) of \(head.size)\(await skipped())")
            : .init(
                status: "degraded", message: stopped.map { "\($0.key): \($0.value)" }.sorted().joined(separator: "; "))
        return reading
    }

    /// Of a store that does not answer nothing is known but what the lock promises.
    private func unanswered(_ message: String, _ locked: UInt64?) -> StoreReading {
        var reading = StoreReading(size: locked ?? 0, position: locked ?? 0)
        let unknown = HealthView.Check(status: "unhealthy", message: "not known while the storage does not answer")
        for name in ["lock", "model", "projections"] { reading.checks[name] = unknown }
        if let readOnly { reading.checks["lock"] = .init(status: "unhealthy", message: readOnly.detail) }
        reading.checks["storage"] = .init(status: "unhealthy", message: message)
        return reading
    }

    /// What could not be recorded last, until something is, or for a minute when nobody tries.
    private func storageCheck(_ head: Head) async -> HealthView.Check {
        guard let trouble = await sequencer?.gauges.trouble, trouble.at.microseconds > now().microseconds - 60_000_000
        else { return .init(status: "healthy", message: "\(head.size) events") }
        return .init(
            status: "degraded",
            message: "\(head.size) events; the last one could not be recorded: \(ServiceError(trouble.error).detail)")
    }

    /// Which events lists pass over; nothing when there are none.
    private func skipped() async -> String {
        // A log that does not answer any more is told by the next look.
        let skips = (try? await skips()) ?? []
        return skips.flatMap { list, skips in skips.map { "; \(list) passes over event \($0.index)" } }.joined()
    }

    /// The metrics, with the gauges that are read when they are asked for.
    public func exposition() async -> String {
        if let sequencer {
            let gauges = await sequencer.gauges
            metrics.set("cxrledger_log_size", "Entries in the log.", to: Double(gauges.size))
            metrics.set(
                "pneumonia_detector_queue_size", "Commands that wait for the sequencer.", to: Double(gauges.queued))
            metrics.set("cxrledger_batches", "Committed batches of this process.", to: Double(gauges.batches))
            metrics.set("cxrledger_events", "Committed events of this process.", to: Double(gauges.events))
        }
        measureScrubbing()
        metrics.set("cxrledger_event_streams", "Event streams that are open.", to: Double(subscriptions.taken))
        let (largest, batches) = inference.statistics
        metrics.set(
            "cxrledger_inference_batch_largest", "Most pictures that went through the model together.",
            to: Double(largest))
        metrics.set("cxrledger_inference_batches", "Batches that went through the model.", to: Double(batches))
        metrics.set("cxrledger_workers_peak", "Most predictions that were worked on at once.", to: Double(workers.peak))
        metrics.set("cxrledger_workers_waiting", "Predictions that wait for a worker.", to: Double(workers.waiting))
        await measureWitnesses()
        measureTimestamps()
        await measureStore()
        measureMachine()
        metrics.set(
            "pneumonia_detector_uptime_seconds", "Seconds since the start.",
            to: Double(now().microseconds - started.microseconds) / 1e6)
        return metrics.exposition()
    }

    private func lockCheck(_ locked: UInt64?, _ size: UInt64) async -> HealthView.Check {
        if let readOnly, readOnly.code == "log-frozen" { return .init(status: "unhealthy", message: readOnly.detail) }
        if let locked, locked > size {
            return .init(
                status: "unhealthy", message: ServiceError(AppendError.behind(size: size, locked: locked)).detail)
        }
        if let readOnly {
            return .init(status: "unhealthy", message: readOnly.detail)
        }
        do {
            if let refusal = try await sequencer?.standing() {
                return .init(status: "unhealthy", message: ServiceError(refusal).detail)
            }
        } catch { return .init(status: "unhealthy", message: error.description) }
        return .init(status: "healthy", message: "checkpoint at \(locked ?? 0)")
    }

    /// Times of recording never go back: after a clock that ran ahead they stand still until it is caught up with.
    private func clockCheck(_ head: Head) -> HealthView.Check {
        let ahead = (head.recordedAt - now().microseconds) / 1_000_000
        guard ahead > 60 else { return .init(status: "healthy", message: ClockReading.quality().source) }
        return .init(
            status: "degraded",
            message:
                "the last event was recorded \(ahead) s ahead of this clock; recorded times stand still for as long, occurred times are right"
        )
    }

    /// Reads that wait for the log; when their room is used up, nothing more is shown.
    private func spoolCheck() async -> HealthView.Check {
        guard let spool else { return .init(status: "healthy", message: "none: nothing is recorded here") }
        let read = try? await diskWaiters.run { () throws(ServiceError) in
            do throws(StorageError) { return try spool.contents() } catch { throw ServiceError(error) }
        }
        guard let contents = read else {
            return .init(status: "degraded", message: "\(home.spool) cannot be read")
        }
        let (count, size) = (contents.records.count, contents.size)
        metrics.set("cxrledger_spool_records", "Reads that wait in the spool for the log.", to: Double(count))
        metrics.set("cxrledger_spool_bytes", "Bytes of the spool that they take.", to: Double(size))
        if contents.isDamaged { return .init(status: "degraded", message: "damaged after \(count) reads") }
        guard count > 0 else { return .init(status: "healthy", message: "empty") }
        return .init(
            status: "degraded", message: "\(count) reads wait for the log, \(size) of \(settings.spoolBytes) bytes")
    }

    func lockedSize() -> UInt64? {
        guard let note = try? lock.current(), let checkpoint = try? Checkpoint(note: note) else { return nil }
        return checkpoint.size
    }

    private func disk() -> HealthView.Check {
        var status = statvfs()
        guard unsafe statvfs(home.path, &status) == 0, status.f_blocks > 0 else {
            return .init(status: "unhealthy", message: "\(home.path) cannot be read")
        }
        let free = (UInt64(status.f_bavail) * UInt64(status.f_frsize)) >> 20  // `>>` alone would bind tighter
        return free < 256
            ? .init(status: "unhealthy", message: "\(free) MiB free")
            : .init(status: "healthy", message: "\(free) MiB free")
    }
}

import Concurrency
import Ledger
import Records
import Storage

extension Application {
    /// The longest that a place which fails is left alone, and a database.
    private static let longestPauses = (place: Duration.seconds(60), log: Duration.seconds(2))

    /// Where the log is published: a folder, and an object store when the settings name one.
    static func publication(
        _ settings: Settings, log: any EventStore, control: ControlPlane
    ) -> Publication {
        var targets: [Publication.Target] = []
        if !settings.tlogFolder.isEmpty {
            targets.append(
                .init(kind: "folder", name: settings.tlogFolder) { () throws(StorageError) in
                    try TileFolder(settings.tlogFolder, isPublic: settings.isTlogPublic)
                })
        }
        if let bucket = settings.bucket {
            let target = S3TileTarget(bucket)
            targets.append(.init(kind: target.kind, name: target.name) { () throws(StorageError) in target })
        }
        return Publication(to: targets, log: log) { note throws(StorageError) in
            try await log.read { reader throws(StorageError) in
                ProvenLog.checkpoint(note, keys: try control.keys(reading: reader))?.checkpoint
            }
        }
    }

    /// The released checkpoint, when the database holds what it promises; nil while nothing can be published.
    func publishable() async throws(StorageError) -> SignedCheckpoint? {
        try await proven.read(checkingSignatures: false) { _ throws(StorageError) in [] }.checkpoint
    }

    /// Publishes what is released, to every place.
    ///
    /// - Returns: whether all of it is published everywhere.
    @discardableResult
    func publish() async -> Bool {
        // Nothing is read while nothing is new.
        if let note = try? lock.current(), publication.isEverywhere(note) { return true }
        let begun = ContinuousClock.now
        do throws(StorageError) {
            try await publication.run { () throws(StorageError) in try await self.publishable() }
        } catch {
            journal?.write(.error, "publication failed", ["detail": error.debugDescription])
            return false
        }
        metrics.observe(
            "cxrledger_publication_duration_seconds", "From looking at the lock to the published checkpoint.",
            seconds: begun.duration(to: .now) / .seconds(1))
        var isWhole = true
        for standing in publication.standings {
            guard let failure = standing.failure else { continue }
            isWhole = false
            await tell(failure, of: standing.kind)
        }
        if isWhole { reportSound(by: .publisher) }
        return isWhole
    }

    /// Publishes once, for somebody who asks for it, and answers with what is published at each place.
    public func publish(_ context: RequestContext) async throws(ServiceError) -> [PublicationView] {
        try await require(.backupCreate, for: "log publish", context)
        do {
            guard try await publishable() != nil else { throw Self.proofUnavailable }
        } catch { throw ServiceError(wrapping: error) }
        await publish()
        return publication.standings.map { standing in
            PublicationView(
                target: standing.kind, place: standing.name, size: standing.published?.checkpoint.size ?? 0,
                code: standing.failure?.code, detail: standing.failure?.description)
        }
    }

    /// Publishes at every interval until it is cancelled; after a failure it waits twice as long each time.
    func publishRepeatedly() -> Task<Void, Never> {
        let interval = Duration.milliseconds(settings.tlogInterval)
        return Task { [weak self] in
            var pause = interval
            while !Task.isCancelled {
                guard let self else { return }
                let isDone = await publish()
                let longest = publication.lacksLog ? Self.longestPauses.log : Self.longestPauses.place
                pause = isDone ? interval : min(max(interval, longest), pause * 2)
                try? await Task.sleep(for: pause)  // cancelled: the loop's condition ends it
            }
        }
    }

    /// Publishes what the stop itself recorded, as far as that goes in a few seconds.
    func publishLast() async {
        _ = await waiting(atMost: .seconds(5)) { [weak self] in
            // Again and again: other instances that stop at this moment publish as well.
            for _ in 0..<20 {
                guard await self?.publish() == false else { return }
                try? await Task.sleep(for: .milliseconds(50))  // nobody cancels this task
            }
        }
    }

    private func tell(_ failure: PublicationError, of kind: String) async {
        metrics.count(
            "cxrledger_publication_failures_total", "Attempts to publish that failed.",
            [("target", kind), ("code", failure.code)])
        journal?.write(
            .error, "publication failed",
            ["target": kind, "code": failure.code, "detail": failure.debugDescription])
        if case .damage(let damage) = failure { await report(damage, by: .publisher) }
    }

    /// The gauges of every place, read when they are asked for.
    func measurePublication() async {
        guard let released = try? await publishable()?.checkpoint.size else { return }
        for standing in publication.standings {
            let labels = [("target", standing.kind)]
            let size = standing.published?.checkpoint.size ?? 0
            let behind = released > size ? released - size : 0
            metrics.set(
                "cxrledger_publication_size", "Entries that are published.", labels, to: Double(size))
            metrics.set(
                "cxrledger_publication_lag_entries", "Released entries that are not published yet.", labels,
                to: Double(behind))
            metrics.set(
                "cxrledger_publication_lag_seconds", "How long the oldest of them has been recorded.", labels,
                to: behind > 0 ? await age(of: size) : 0)
        }
    }

    /// How many seconds ago an entry was recorded; 0 when it cannot be told.
    private func age(of index: UInt64) async -> Double {
        guard
            let entry = try? await log.read({ reader throws(StorageError) in
                try reader.entries(from: index, limit: 1).first
            }), let event = try? LoggedEvent(entry)
        else { return 0 }
        return max(0, Double(now().microseconds - event.envelope.recordedAt.microseconds) / 1e6)
    }

    /// How publication stands, for health: what fails does not keep predictions from being made and recorded.
    func publicationCheck() -> HealthView.Check {
        let standings = publication.standings
        let parts = standings.map { standing in
            let known = standing.published?.checkpoint.size ?? (standing.kind == "folder" ? publishedInFolder : nil)
            let size = known.map { "\($0) entries" } ?? "nothing"
            return "\(standing.kind): \(standing.failure.map { "\($0.code): \($0)" } ?? "\(size) published")"
        }
        let isFailing = standings.contains { $0.failure != nil }
        return .init(status: isFailing ? "degraded" : "healthy", message: parts.joined(separator: "; "))
    }

    /// What another process has published, for one that does not publish itself, such as a command.
    private var publishedInFolder: UInt64? {
        guard let bytes = try? SmallFile.read("\(settings.tlogFolder)/\(TileResource.checkpoint.path)") else {
            return nil
        }
        return (try? Checkpoint(note: String(decoding: bytes, as: UTF8.self)))?.size
    }
}

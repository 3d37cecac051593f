import Concurrency
import Ledger
import Storage

extension Application {
    /// Hashes stored entries again at the rate of the settings, until it is cancelled; nil when they want none.
    func scrubRepeatedly() -> Task<Void, Never>? {
        guard settings.scrubRate > 0 else { return nil }
        return Task(priority: .background) { [weak self] in
            while !Task.isCancelled {
                guard let self else { return }
                await scrub(UInt64(settings.scrubRate))
                try? await Task.sleep(for: .seconds(1))  // cancelled: the loop's condition ends it
            }
        }
    }

    /// Checks the next entries.
    func scrub(_ count: UInt64) async {
        do throws(StorageError) {
            guard let released = try await publishable()?.checkpoint else { return }
            let passes = scrubber.progress.passes
            if let damage = try await scrubber.advance(count, under: released) { await report(damage, by: .scrubber) }
            let progress = scrubber.progress
            if progress.passes > passes, progress.isSound { reportSound(by: .scrubber) }
        } catch { journal?.write(.warning, "scrubbing failed", ["detail": error.debugDescription]) }
    }

    /// What it found last, for health: what is damaged keeps nothing from being recorded.
    func scrubCheck() -> HealthView.Check {
        guard settings.scrubRate > 0 else { return .init(status: "healthy", message: "off: CXRLEDGER_SCRUB_RATE is 0") }
        guard let damage = damages.withLock({ $0[.scrubber] }) else {
            return .init(
                status: "healthy", message: "\(scrubber.progress.soundTo) entries hashed again and found sound")
        }
        return .init(status: "degraded", message: "\(damage) Run `cxrledger verify`.")
    }

    /// The gauges of the scrubber.
    func measureScrubbing() {
        let progress = scrubber.progress
        let values: [(String, String, Double)] = [
            ("cxrledger_scrub_position", "The next entry that is hashed again.", Double(progress.position)),
            (
                "cxrledger_scrub_verified_entries", "Entries from the first on that were hashed again and found sound.",
                Double(progress.soundTo)
            ),
            (
                "cxrledger_scrub_passes", "How often all entries were hashed again since the start.",
                Double(progress.passes)
            ),
            ("cxrledger_scrub_entries", "Entries that were hashed again since the start.", Double(progress.entries)),
            (
                "cxrledger_scrub_damaged_entries", "Entries of the pass that are not what was signed.",
                Double(progress.damaged)
            ),
        ]
        for (name, help, value) in values { metrics.set(name, help, to: value) }
    }
}

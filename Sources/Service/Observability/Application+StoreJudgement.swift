import Concurrency
import Records
import Storage

extension Application {
    /// How often the settings of the database are looked at again: they can be changed under a service that runs.
    private static let judgementInterval = Duration.seconds(60)

    /// Records that the database has settings which weaken what it promises, once for each that is found.
    func noteWeaknesses() async throws(ServiceError) {
        let found = try await diskWaiters.run { [self] () throws(ServiceError) in try weaknesses() }
        let fresh = knownWeaknesses.withLock { known in found.filter { !known.contains($0) } }
        if !fresh.isEmpty { try await note(fresh, isRefused: false) }
        knownWeaknesses.withLock { $0 = found }
    }

    func judgeStoreRepeatedly() -> Task<Void, Never> {
        Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.judgementInterval)  // cancelled: the loop's condition ends it
                try? await self?.noteWeaknesses()  // a database that does not answer is told by its health
            }
        }
    }

    /// What the database may lose as it is set now; in production nothing is to be recorded there.
    func settingsCheck() -> HealthView.Check {
        let broken = knownWeaknesses.withLock { $0 }.filter(\.breaksPromise).map(\.setting)
        guard !broken.isEmpty else { return .init(status: "healthy", message: "none weakens the database") }
        return .init(
            status: settings.isProduction ? "unhealthy" : "degraded",
            message: "the database runs with \(broken.joined(separator: ", ")): what it acknowledges could be lost")
    }

    /// Refuses a database that may lose what it acknowledges, where that is not allowed.
    ///
    /// - Throws: `store-unsafe`, after it was recorded.
    func refuseUnsafeStore() async throws(ServiceError) {
        guard settings.isProduction else { return }
        let weaknesses = try weaknesses().filter(\.breaksPromise)
        guard !weaknesses.isEmpty else { return }
        try await note(weaknesses, isRefused: true)
        throw ServiceError(
            .unavailable, "store-unsafe",
            "The database runs with \(weaknesses.map(\.setting).joined(separator: ", ")): what it acknowledges could be lost. Switch that on (postgresql.conf, ALTER SYSTEM, ALTER ROLE or ALTER DATABASE may say otherwise), and start again."
        )
    }

    private func weaknesses() throws(ServiceError) -> [StorageWeakness] {
        do { return try backend.weaknesses() } catch { throw ServiceError(error) }
    }

    private func note(_ weaknesses: [StorageWeakness], isRefused: Bool) async throws(ServiceError) {
        let names = weaknesses.map(\.setting)
        journal?.write(
            isRefused ? .error : .warning, "weak database settings", ["settings": names.joined(separator: " ")])
        guard sequencer != nil else { return }
        try await note(
            .storageWeakened(.init(settings: names, refused: isRefused)), in: "security", systemContext(),
            .init(isRefused ? .serious : .minor, because: "store-unsafe"))
    }
}

import Records
import Storage

extension Application {
    /// Records that the database has settings which weaken what it promises.
    func noteWeaknesses() async throws(ServiceError) {
        let weaknesses = try weaknesses()
        if !weaknesses.isEmpty { try await note(weaknesses, isRefused: false) }
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
            "The database runs with \(weaknesses.map(\.setting).joined(separator: ", ")): what it acknowledges could be lost. Switch that on in postgresql.conf, restart it, and start again."
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

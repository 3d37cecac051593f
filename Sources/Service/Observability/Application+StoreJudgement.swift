import Records
import Storage

extension Application {
    /// Records the settings of the database under which what it calls durable is not.
    ///
    /// - Throws: `store-unsafe` in production, when they break what we promise.
    func judgeStore() async throws(ServiceError) {
        let weaknesses: [StorageWeakness]
        do { weaknesses = try backend.weaknesses() } catch { throw ServiceError(error) }
        guard !weaknesses.isEmpty else { return }
        let names = weaknesses.map(\.setting)
        let isRefused = settings.isProduction && weaknesses.contains(where: \.breaksPromise)
        journal?.write(
            isRefused ? .error : .warning, "weak database settings", ["settings": names.joined(separator: " ")])
        if sequencer != nil {
            let outcome = Recorder.Details(isRefused ? .serious : .minor, because: "store-unsafe")
            try await note(
                .storageWeakened(.init(settings: names, refused: isRefused)), in: "security", systemContext(), outcome)
        }
        guard isRefused else { return }
        throw ServiceError(
            .unavailable, "store-unsafe",
            "The database runs with \(names.joined(separator: ", ")): what it acknowledges could be lost. Switch them on in postgresql.conf, restart it, and start again."
        )
    }
}

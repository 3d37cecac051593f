import Service

/// How fast a log is folded into its projections and verified from stored bytes.
struct LogBenchmark {
    private let folder: String
    private let events: Int

    init(_ options: Options) { (folder, events) = (options.folder, options.events ?? 50_000) }

    func run() async throws {
        let scratch = try ScratchFolder(in: folder, "log")
        let home = FilledHome(path: scratch.path + "/home", events: events)
        try await home.fill(reporting: true)
        let application = try await home.open()
        let rebuilding = try await seconds { _ = try await application.rebuild { _, _, _ in } }
        report("replay", "\(decimal(Double(events) / rebuilding, 0)) events/s into all projections")
        var findings = 0
        let verifying = try await seconds {
            findings = try await StoreVerification.run(settings: home.settings, backend: home.backend) { _, _ in }
                // The sample predictions name pictures and subjects that were never stored.
                .findings.count { !["image", "secret"].contains($0.code) }
        }
        guard findings == 0 else { throw BenchmarkError("the log does not verify") }
        report("verify", "\(decimal(Double(events) / verifying, 0)) events/s")
    }
}

import Service

/// From opening a large home to the first healthy answer, and a rebuild of its projections.
struct RestartBenchmark {
    private let home: FilledHome
    private let rounds: Int

    init(_ options: Options) { (home, rounds) = (FilledHome(options), options.rounds) }

    func run() async throws {
        try await home.fill(reporting: true)
        for round in 1...rounds {
            var application: Application?
            let opening = try await seconds { application = try await home.open() }
            let starting = try await seconds {
                try await application?.start()
                guard await application?.health().healthy == true else { throw BenchmarkError("not healthy") }
            }
            report("restart \(round)", "open \(decimal(opening, 2)) s", "start to healthy \(decimal(starting, 2)) s")
            await application?.stop(reason: "benchmark")
        }
        let application = try await home.open()
        var reports: [ProjectionReport] = []
        let rebuilding = try await seconds { reports = try await application.rebuild { _, _, _ in } }
        report("rebuild", "\(decimal(rebuilding, 1)) s", "\(reports.first?.position ?? 0) events")
    }
}

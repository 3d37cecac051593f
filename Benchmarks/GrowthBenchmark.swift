import Crypto
import PostgresStorage
import Service
import Storage

/// What a log costs when it has grown: appends, lists, and starting, at each size.
struct GrowthBenchmark {
    private static let sizes = [10_000, 1_000_000, 5_000_000]
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run() async throws {
        for size in Self.sizes where size <= options.events ?? .max {
            let home = FilledHome(
                path: options.home ?? options.folder + "/home", events: size, postgres: options.postgres)
            try await home.fill(reporting: true)
            try await measure(home, size: size)
        }
    }

    private func measure(_ home: FilledHome, size: Int) async throws {
        let ring = try KeyRing.load(Home(home.settings.home))
        guard let identity = ring.identity else { throw BenchmarkError("no signing keys") }
        let store = try home.backend.openLog(origin: ring.origin)
        let sequencer = Sequencer(
            store: store, lock: try FileCheckpointLock(path: home.settings.lock), identity: identity,
            now: SystemClock.now)
        let samples = SampleEvents()
        var times: [Double] = []
        for _ in 0..<1_000 {
            let append = samples.sized()
            times.append(try await seconds { _ = try await sequencer.append(append) } * 1_000)
        }
        let rate = try await Producers(count: 64).rate(sequencer, each: 100)
        report("append at \(size)", percentiles(times), "\(decimal(rate, 0)) events/s by 64 producers")
        let application = try await home.open()
        let starting = try await seconds {
            try await application.start()
            guard await application.health().healthy else { throw BenchmarkError("not healthy") }
        }
        let catching = try await seconds { _ = try await application.projections() }
        let context = RequestContext(
            .operatingSystem(user: "benchmark"), from: RequestSource(correlation: "benchmark"))
        var queries: [String: [Double]] = [:]
        for number in 0..<300 {
            var filter = PredictionFilter()
            filter.limit = 50
            let name = ["list", "search by label", "search by time"][number % 3]
            if number % 3 == 1 { filter.label = "PNEUMONIA" }
            if number % 3 == 2 { filter.from = "2026-01-01T00:00:00Z" }
            queries[name, default: []].append(
                try await seconds { keep(try await application.predictions(filter, context)) } * 1_000)
        }
        for (name, times) in queries.sorted(by: { $0.key < $1.key }) {
            report("\(name) at \(size)", percentiles(times))
        }
        report("start at \(size)", "\(decimal(starting, 2)) s", "lists caught up in \(decimal(catching, 1)) s")
        await application.stop(reason: "benchmark")
    }

    private func percentiles(_ times: [Double]) -> String {
        let sorted = times.sorted()
        return "median \(decimal(median(times), 2)) ms, p99 \(decimal(sorted[sorted.count * 99 / 100], 2)) ms"
    }
}

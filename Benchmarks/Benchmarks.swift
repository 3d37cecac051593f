import Glibc

/// Our own figures; `Benchmarks/peers` compares the service as a whole with another one.
///
///     Benchmarks [all | events | predict | log | verify | fill | restart] [--dir D] [--home H] [--events N] …
///
/// `all` runs the first three; `verify` wants a process for each `--part`, or memory is not told apart. Everything is
/// written below `--dir`, which decides the disk that is measured.
@main enum Benchmarks {
    static func main() async throws {
        let options: Options
        do { options = try Options(CommandLine.arguments.dropFirst()) } catch {
            print(error, Options.usage, separator: "\n")
            exit(2)
        }
        switch options.command {
        case .all:
            try await EventBenchmark(options).run()
            try await PredictionBenchmark(options).run()
            try await LogBenchmark(options).run()
        case .events: try await EventBenchmark(options).run()
        case .predict: try await PredictionBenchmark(options).run()
        case .log: try await LogBenchmark(options).run()
        case .verify: try await VerificationBenchmark(options).run()
        case .fill: try await FilledHome(options).fill(reporting: true)
        case .restart: try await RestartBenchmark(options).run()
        case .copy: try await CopyBenchmark(options).run()
        case .growth: try await GrowthBenchmark(options).run()
        }
    }
}

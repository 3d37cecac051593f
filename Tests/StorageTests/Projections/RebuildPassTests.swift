import StorageTestSupport
import Testing

@testable import Storage

@Suite struct `A rebuild page by page` {
    private let projection = SampleProjection()

    private func work(
        _ projection: SampleProjection, _ bench: ProjectionBench, skips: ProjectionSkips = .init()
    ) async throws -> RebuildPass.Work {
        try await bench.views.prepare(projection)
        return .init(projection: projection, skips: skips, tables: try await bench.views.rebuild(projection))
    }

    @Test(arguments: Backend.allCases) func `has each event once, however the log fits into pages`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        for size in 1...13 as ClosedRange<UInt64> {
            let work = try await work(projection, bench)
            let (outcomes, position) = await RebuildPass(log: bench.bench.store, chunk: 4).run([work]) { _ in }
            guard case .end? = outcomes.first else { return #expect(Bool(false), "\(outcomes)") }
            #expect(position == size)
            let state = try await work.tables.finish(at: position)
            #expect(try await state == bench.views.state(projection))
            #expect(try await bench.numbers(projection) == (1..<Int64(size)).reversed())
            try await bench.add([Int(size)])
        }
    }

    @Test(arguments: Backend.allCases) func `goes on for those that do not stop`(backend: Backend) async throws {
        let bench = try await ProjectionBench(backend)
        let other = SampleProjection(name: "others", poison: 6)
        try await bench.add(1...14)
        try await bench.skip(3, of: projection)
        let works = [
            try await work(projection, bench, skips: ProjectionSkips(of: projection, in: bench.bench.store)),
            try await work(other, bench),
        ]
        let (outcomes, position) = await RebuildPass(log: bench.bench.store, chunk: 4).run(works) { _ in }
        #expect(position == 16)
        guard case .end? = outcomes.first, case .stopped(let stop)? = outcomes.last else {
            return #expect(Bool(false), "\(outcomes)")
        }
        #expect(stop == .init(index: 6, cause: .inapplicable))
        try await works[0].tables.finish(at: position)
        #expect(try await bench.numbers(projection).reversed() == (1...14).filter { $0 != 3 })
    }

    @Test(.timeLimit(.minutes(1)), arguments: Backend.allCases)
    func `ends in a log that grows with each look`(backend: Backend) async throws {
        let bench = try await ProjectionBench(backend)
        try await bench.add(1...9)
        let growing = DisturbedLog(bench.bench.store) { try await bench.add([0]) }
        let work = try await work(projection, bench)
        let (outcomes, position) = await RebuildPass(log: growing, chunk: 4).run([work]) { _ in }
        guard case .end? = outcomes.first else { return #expect(Bool(false), "\(outcomes)") }
        try await work.tables.finish(at: position)
        #expect(position >= 10)
        #expect(try await bench.numbers(projection).count == Int(position) - 1)
    }
}

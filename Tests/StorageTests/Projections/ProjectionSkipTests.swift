import CanonicalJSON
import Records
import Storage
import StorageTestSupport
import Testing

@Suite struct `A projection that stands at an event` {
    private let weak = SampleProjection(name: "weak", poison: 6)
    private let strong = SampleProjection(name: "strong")

    private func bench(_ backend: Backend) async throws -> (bench: ProjectionBench, runner: ProjectionRunner) {
        let bench = try await ProjectionBench(backend)
        let runner = try bench.runner(weak, strong)
        try await bench.add(0..<10)
        try await runner.catchUp()
        #expect(await runner.stopped == ["weak": .init(index: 7, cause: .inapplicable)])
        return (bench, runner)
    }

    @Test(arguments: Backend.allCases) func `passes over it when a signed event says so, wherever it is folded`(
        backend: Backend
    ) async throws {
        let (bench, runner) = try await bench(backend)
        let elsewhere = try bench.runner(weak, strong)
        try await elsewhere.catchUp()
        #expect(await elsewhere.stopped.count == 1)
        try await bench.skip(7, of: weak)
        for runner in [runner, elsewhere, try bench.runner(weak, strong)] {
            try await runner.catchUp()
            #expect(await runner.stopped.isEmpty)
            #expect(try await runner.position() == 12)
        }
        #expect(try await bench.numbers(weak) == [9, 8, 7, 5, 4, 3, 2, 1, 0])
        #expect(try await bench.numbers(strong).count == 10)
        let live = try await runner.states()
        #expect(try await elsewhere.rebuild { _ in }.rebuilt == live)
        #expect(try await ProjectionSkips(of: weak, in: bench.bench.store).reasons == [7: "known"])
    }

    @Test(arguments: Backend.allCases) func `goes on standing there when another event or version is passed over`(
        backend: Backend
    ) async throws {
        let (bench, runner) = try await bench(backend)
        try await bench.skip(6, of: weak)
        try await bench.skip(7, of: SampleProjection(name: "weak", version: 2))
        try await bench.skip(7, of: strong)
        try await runner.catchUp()
        #expect(await runner.stopped == ["weak": .init(index: 7, cause: .inapplicable)])
        #expect(try await bench.numbers(strong).count == 10, "it had taken the event")
    }

    @Test(arguments: Backend.allCases) func `passes over what cannot be read`(backend: Backend) async throws {
        let bench = try await ProjectionBench(backend)
        let runner = try bench.runner(strong)
        try await bench.add(0..<3)
        _ = try await bench.bench.sequencer.append(bench.bench.log.append(to: "s", type: "ServiceStopped"))
        try await bench.add(3..<5)
        try await runner.catchUp()
        #expect(await runner.stopped == ["strong": .init(index: 4, cause: .unreadable)])
        try await bench.skip(4, of: strong)
        try await runner.catchUp()
        #expect(try await bench.numbers(strong) == [4, 3, 2, 1, 0])
        #expect(try await runner.rebuild { _ in }.rebuilt == runner.states())
    }
}

@Suite struct `Tables that are rebuilt` {
    private let projection = SampleProjection()

    private func insertion(_ event: String, _ place: Int64) -> TableChange {
        .insert(table: "numbers", row: [.text(event), .integer(place), .null, .integer(place)])
    }

    private func change(_ event: String, _ number: Int64?) -> TableChange {
        .update(table: "numbers", key: .text(event), set: ["n": number.map { .integer($0) } ?? .null])
    }

    @Test(arguments: Backend.allCases) func `take changes in their order, whole or not at all`(backend: Backend)
        async throws
    {
        let views = try await ProjectionBench(backend).views
        try await views.prepare(projection)
        let tables = try await views.rebuild(projection)
        let events = (0..<40).map { "e\($0)" }
        try await tables.fill(events.enumerated().map { insertion($1, Int64($0)) })
        try await tables.fill(events.prefix(20).map { change($0, 100) } + [change("nobody", 1)])
        try await tables.fill([change("f", 1), insertion("f", 50), change("f", 51), change("e0", nil), change("e1", 1)])
        for wrong in [[insertion("g", 60), insertion("e7", 61)], events.map { insertion($0, 0) }] {
            await #expect(throws: StorageError(.corrupt)) {
                try await tables.fill([change("e2", 2), change("e3", 3)] + wrong)
            }
        }
        try await tables.fill([])
        #expect(try await views.state(projection).rows == 0)
        try await tables.finish(at: 9)
        let rows = try await views.rows(TableQuery(projection.numbers, order: "place", limit: 100))
        let due: [Int64?] = [nil, 1] + Array(repeating: 100, count: 18) + (20..<40).map { $0 } + [51]
        #expect(rows.reversed().map { $0[3].integer } == due)
        #expect(try await views.position(projection) == 9)
        // They are the live ones now.
        #expect(try await views.apply([insertion("h", 70)], to: projection, from: 9, to: 10))
    }

    @Test(arguments: Backend.allCases) func `are gone when they are not wanted any more`(backend: Backend) async throws
    {
        let bench = try await ProjectionBench(backend)
        try await bench.add(0..<5)
        let runner = try bench.runner(projection)
        try await runner.catchUp()
        let before = try await runner.states()
        let rebuilding = Task {
            try await runner.rebuild { _ in
                withUnsafeCurrentTask { unsafe $0?.cancel() }
            }
        }
        await #expect(throws: StorageError(.unavailable)) { _ = try await rebuilding.value }
        #expect(try await runner.states() == before)
        #expect(try await runner.rebuild { _ in }.rebuilt == before)
    }

    @Test(arguments: [Backend.sqlite, .postgres]) func `belong to the last who began`(backend: Backend) async throws {
        let views = try await ProjectionBench(backend).views
        try await views.prepare(projection)
        let first = try await views.rebuild(projection)
        try await first.fill([insertion("a", 1)])
        let second = try await views.rebuild(projection)
        await #expect(throws: StorageError(.unavailable)) { try await first.fill([insertion("b", 2)]) }
        await #expect(throws: StorageError(.unavailable)) { try await first.finish(at: 3) }
        try await first.discard()
        try await second.fill([insertion("c", 3)])
        // As often as the first had filled its own.
        await #expect(throws: StorageError(.unavailable)) { try await first.finish(at: 3) }
        try await second.finish(at: 4)
        #expect(try await views.state(projection).rows == 1)
    }
}

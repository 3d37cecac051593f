import CanonicalJSON
import Concurrency
import Storage
import StorageTestSupport
import Testing

@Suite struct `A projection runner` {
    private let projection = SampleProjection()

    @Test(arguments: Backend.allCases) func `follows the log to its end`(backend: Backend) async throws {
        let bench = try await ProjectionBench(backend)
        let runner = try bench.runner(projection)
        try await runner.catchUp()
        #expect(try await runner.position() == 1)
        try await bench.add(1...5)
        try await runner.catchUp()
        try await bench.add(6...7)
        try await runner.catchUp()
        #expect(try await runner.position() == 8)
        #expect(try await bench.numbers(projection) == [7, 6, 5, 4, 3, 2, 1])
        #expect(await runner.stopped.isEmpty)
    }

    @Test(arguments: Backend.allCases) func `goes on where another process ended`(backend: Backend) async throws {
        let bench = try await ProjectionBench(backend)
        let runners = [try bench.runner(projection), try bench.runner(projection), try bench.runner(projection)]
        for round in 0..<10 {
            try await bench.add(round * 10..<round * 10 + 10)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for runner in runners { group.addTask { try await runner.catchUp() } }
                try await group.waitForAll()
            }
        }
        #expect(try await bench.numbers(projection) == (0..<100).reversed().map(Int64.init))
    }

    @Test(.timeLimit(.minutes(1)), arguments: Backend.allCases)
    func `comes to an end in a log that grows whenever it looks`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        let runner = try bench.runner(projection, log: DisturbedLog(bench.bench.store) { try await bench.add([1]) })
        for _ in 0..<3 { try await runner.catchUp() }
        #expect(try await bench.numbers(projection).count >= 3)
    }

    @Test(arguments: Backend.allCases) func `shows each caller what was there before it called`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        let runner = try bench.runner(projection)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    for turn in 0..<10 {
                        try await bench.add([caller * 10 + turn])
                        try await runner.catchUp()
                        #expect(try await bench.numbers(projection).contains(Int64(caller * 10 + turn)))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `makes the same rows and the same digest in every store`() async throws {
        var digests: [[String]] = []
        let numbers = TestLog()
        for backend in Backend.allCases {
            let site = try backend.makeSite()
            let (log, views) = (try site.openLog(numbers.origin), try site.openProjections(numbers.origin))
            let sequencer = Sequencer(
                store: log, lock: MemoryCheckpointLock(), identity: numbers.identity, now: TestClock().now)
            func id(_ number: Int) -> String {
                "00000000-0000-7000-9000-" + String(repeating: "0", count: 9) + String(100 + number * 37 % 800)
            }
            _ = try await sequencer.append(numbers.certification)
            for number in 0..<20 {
                let payload: JSONValue =
                    number % 5 == 4 ? ["changes": .string(id(number - 2))] : ["n": .integer(Int64(number))]
                let proposal = numbers.proposal(stream: "s\(number % 4)", payload: payload, id: id(number))
                _ = try await sequencer.append(Append([proposal]))
            }
            let runner = ProjectionRunner(log: log, store: views, projections: [projection])
            try await runner.catchUp()
            let queries: [TableQuery] = [
                .init(projection.numbers, order: "place", limit: 100),
                .init(projection.numbers, order: "place", before: 9, limit: 3),
                .init(projection.numbers, filters: [.equals("stream", .text("s1"))], order: "place", limit: 100),
                .init(projection.numbers, filters: [.equals("stream", .null)], order: "place", limit: 100),
                .init(projection.numbers, filters: [.isNull("stream")], order: "place", limit: 100),
                .init(projection.numbers, filters: [.isNotNull("n")], order: "place", limit: 100),
                .init(projection.numbers, filters: [.atLeast("n", 4), .below("n", 11)], order: "n", limit: 100),
                .init(
                    projection.numbers, filters: [.isOneOf("stream", [.text("s1"), .text("s3")])], order: "place",
                    limit: 99),
                .init(projection.numbers, filters: [.isOneOf("stream", [])], order: "place", limit: 100),
                .init(projection.numbers, filters: [.isOneOf("n", [.null, .integer(3)])], order: "n", limit: 100),
                .init(
                    projection.numbers, filters: [.anyEquals(["event", "stream"], .text("s1"))], order: "place",
                    limit: 100),
            ]
            var found: [String] = []
            for query in queries { found.append("\(try await views.rows(query))") }
            let state = try await runner.states()[0]
            #expect(try await runner.rebuild { _ in }.rebuilt == [state])
            for query in queries { #expect(try await found.contains("\(views.rows(query))")) }
            digests.append(found + ["\(state.rows) \(state.digest)"])
        }
        #expect(digests[0].last?.hasPrefix("32 ") == true)
        for (memory, other) in zip(digests[0], digests[1]) { #expect(memory == other) }
    }

    /// Those who came later hear of the failure too: their lists are not up to date.
    @Test(arguments: Backend.allCases) func `tells everybody who waits that a store does not answer`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        try await bench.add(0..<4)
        let log = NamedFault(bench.bench.store, failing: "read")
        let runner = try bench.runner(projection, log: log)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (try? await runner.catchUp()) == nil }
            }
            for await failed in group { #expect(failed) }
        }
        log.relent()
        try await runner.catchUp()
        #expect(try await runner.position(of: projection) == 5)
    }

    @Test(arguments: Backend.allCases) func `rebuilds beside the live tables, and swaps while they go on`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        let live = try bench.runner(projection)
        try await bench.add(0..<30)
        try await live.catchUp()
        let readings = Locked(0)
        let (began, went) = (Signal(), Signal())
        // It does not block: of the threads that all tests share there may be two.
        let log = DisturbedLog(bench.bench.store) {
            let number = readings.withLock { readings in
                readings += 1
                return readings
            }
            guard number == 2 else { return }  // behind what it may pass over, before the first page
            began.send()
            await went.received()
        }
        let rebuilding = try bench.runner(projection, log: log)
        async let rebuilt = rebuilding.rebuild { _ in }
        await began.received()
        try await bench.add(30..<40)
        try await live.catchUp()
        #expect(try await bench.numbers(projection).count == 40)
        went.send()
        let result = try await rebuilt.rebuilt
        #expect(result.map(\.rows) == [2 * 40] && result.map(\.position) == [41])
        try await bench.add(40..<50)
        try await live.catchUp()
        #expect(try await bench.numbers(projection) == (0..<50).reversed().map(Int64.init))
        let (one, two) = (try await live.states()[0], try await rebuilding.rebuild { _ in }.rebuilt[0])
        #expect(one.digest == two.digest && one.rows == 100)
    }

    @Test(arguments: Backend.allCases) func `folds a new version of a projection from the start`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        try await bench.add(0..<4)
        try await bench.runner(projection).catchUp()
        let next = SampleProjection(version: 2)
        let runner = try bench.runner(next)
        try await runner.catchUp()
        #expect(try await runner.position() == 5)
        #expect(try await bench.numbers(next) == [3, 2, 1, 0])
    }

    @Test(arguments: Backend.allCases) func `stops a projection at what it cannot take, and no other`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        let (weak, strong) = (SampleProjection(name: "weak", poison: 6), SampleProjection(name: "strong"))
        let runner = try bench.runner(weak, strong)
        try await bench.add(0..<10)
        for _ in 0..<2 {
            try await runner.catchUp()
            #expect(await runner.stopped == ["weak": .init(index: 7, cause: .inapplicable)])
            #expect(try await runner.position() == 7)
            #expect(try await bench.numbers(weak) == [5, 4, 3, 2, 1, 0])
            #expect(try await bench.numbers(strong).count == 10)
        }
        let result = try await runner.rebuild { _ in }
        #expect(result.stopped == ["weak": .init(index: 7, cause: .inapplicable)])
        #expect(result.rebuilt.map(\.projection) == ["strong"])
        #expect(try await bench.numbers(weak) == [5, 4, 3, 2, 1, 0])
        // A version that can take the event needs nothing else.
        let mended = try bench.runner(SampleProjection(name: "weak", version: 2), strong)
        try await mended.catchUp()
        #expect(await mended.stopped.isEmpty)
        #expect(try await mended.position() == 11)
    }

    @Test(arguments: Backend.allCases) func `stops at an event that cannot be read, and keeps those before it`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        let runner = try bench.runner(projection)
        try await bench.add(0..<3)
        _ = try await bench.bench.sequencer.append(bench.bench.log.append(to: "s", type: "ServiceStopped"))
        try await bench.add(3..<5)
        try await runner.catchUp()
        #expect(await runner.stopped == ["numbers": .init(index: 4, cause: .unreadable)])
        #expect(try await bench.numbers(projection) == [2, 1, 0])
    }

    @Test(arguments: Backend.allCases) func `passes over events of types that change nothing, readable or not`(
        backend: Backend
    ) async throws {
        let bench = try await ProjectionBench(backend)
        try await bench.add(0..<3)
        _ = try await bench.bench.sequencer.append(bench.bench.log.append(to: "s", type: "ServiceStopped"))
        try await bench.add(3..<5)
        var choosy = projection
        choosy.types = ["Tested"]
        let runner = try bench.runner(choosy)
        try await runner.catchUp()
        #expect(await runner.stopped.isEmpty)
        #expect(try await bench.numbers(projection) == [4, 3, 2, 1, 0])
        let (rebuilt, stopped) = try await runner.rebuild { _ in }
        #expect(rebuilt.map(\.position) == [7] && stopped.isEmpty)
        #expect(try await bench.numbers(projection) == [4, 3, 2, 1, 0])
    }

    @Test func `stops at an event whose type is damaged, which may be one that changes something`() async throws {
        let bench = try await ProjectionBench(.memory)
        try await bench.add(0..<3)
        var choosy = projection
        choosy.types = ["Tested"]
        let runner = try bench.runner(choosy, log: AlteredStore(bench.bench.store, .type(2)))
        try await runner.catchUp()
        #expect(await runner.stopped == ["numbers": .init(index: 2, cause: .unreadable)])
        #expect(try await bench.numbers(projection) == [0])
    }

    @Test(arguments: Backend.allCases) func `goes on when a store answers again`(backend: Backend) async throws {
        let bench = try await ProjectionBench(backend)
        let faulty = NamedFault(bench.bench.store, failing: "read")
        let runner = try bench.runner(projection, log: faulty)
        try await bench.add(0..<3)
        await #expect(throws: StorageError(.unavailable)) { try await runner.catchUp() }
        #expect(await runner.stopped.isEmpty)
        faulty.relent()
        try await runner.catchUp()
        #expect(try await bench.numbers(projection) == [2, 1, 0])
    }

    @Test(arguments: Backend.allCases) func `applies a step only where the last one ended`(backend: Backend)
        async throws
    {
        let bench = try await ProjectionBench(backend)
        try await bench.views.prepare(projection)
        let row = TableChange.insert(
            table: "numbers", row: [.text("e"), .integer(1), .null, .integer(1)])
        #expect(try await bench.views.apply([row], to: projection, from: 0, to: 2))
        #expect(try await !bench.views.apply([row], to: projection, from: 0, to: 2))
        #expect(try await !bench.views.apply([row], to: projection, from: 1, to: 3))
        // Half of a step that fails is not there.
        let other = TableChange.insert(table: "numbers", row: [.text("f"), .integer(2), .null, .integer(2)])
        await #expect(throws: StorageError(.corrupt)) {
            try await bench.views.apply([other, row], to: projection, from: 2, to: 4)
        }
        #expect(try await bench.views.position(projection) == 2)
        #expect(try await bench.numbers(projection) == [1])
        #expect(try await bench.numbers(projection) == [1])
    }

    @Test(arguments: Backend.allCases) func `keeps the projections of two logs apart`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let row = TableChange.insert(table: "numbers", row: [.text("e"), .integer(1), .null, .integer(1)])
        for origin in ["log.example/one", "log.example/two"] {
            let views = try site.openProjections(origin)
            try await views.prepare(projection)
            #expect(try await views.position(projection) == 0)
            #expect(try await views.apply([row], to: projection, from: 0, to: 2))
            #expect(try await views.state(projection).rows == 1)
        }
    }
}

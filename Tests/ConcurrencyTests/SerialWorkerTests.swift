import Concurrency
import Testing

@Suite struct `A serial worker` {
    private struct Refusal: Error, Equatable { let number: Int }

    /// A value that only one job may touch at a time.
    private final class Tally {
        var numbers: [Int] = []
    }

    @Test func `runs one job after the other, in order`() async {
        let worker = SerialWorker(Tally(), label: "test")
        for number in 0..<100 { worker.submit { $0.numbers.append(number) } }
        #expect(await worker.run { $0.numbers } == Array(0..<100))
    }

    @Test func `throws what the job throws, and goes on`() async {
        let worker = SerialWorker(Tally(), label: "test")
        await #expect(throws: Refusal(number: 7)) {
            try await worker.run { _ throws(Refusal) in throw Refusal(number: 7) }
        }
        #expect(await worker.run { $0.numbers.count } == 0)
    }

    @Test func `takes its turn among others`() async {
        let workers = SerialWorkers((0..<3).map { SerialWorker($0, label: "test \($0)") })
        var turns: [Int] = []
        for _ in 0..<6 { turns.append(await workers.next.run { $0 }) }
        #expect(turns == [0, 1, 2, 0, 1, 2])
    }
}

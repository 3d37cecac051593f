import Concurrency
import Testing

@Suite struct `Operations on many elements` {
    private struct Refused: Error, Equatable { let number: Int }

    @Test(arguments: [0, 1, 3, 50]) func `are run for each, and never more at once than allowed`(count: Int) async {
        let state = Locked((now: 0, most: 0, done: Set<Int>()))
        await concurrentForEach(of: 0..<count, atMost: 3) { number throws(Never) in
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            await Task.yield()
            state.withLock { state in
                state.now -= 1
                state.done.insert(number)
            }
        }
        #expect(state.withLock { $0.done } == Set(0..<count))
        #expect(state.withLock { $0.most } <= 3)
    }

    @Test func `end with the first failure, and begin no more`() async {
        let begun = Locked(0)
        await #expect(throws: Refused(number: 4)) {
            try await concurrentForEach(of: 0..<1_000, atMost: 2) { number throws(Refused) in
                begun.withLock { $0 += 1 }
                if number == 4 { throw Refused(number: number) }
            }
        }
        #expect(begun.withLock { $0 } < 1_000)
    }
}

import Concurrency
import Testing

@Suite struct `A bounded wait` {
    @Test func `gives what the operation gave`() async {
        #expect(await waiting(atMost: .seconds(60)) { 7 } == 7)
    }

    @Test func `ends with its time, and the operation goes on`() async {
        let isDone = Locked(false)
        let answer = await waiting(atMost: .milliseconds(10)) {
            try? await Task.sleep(for: .milliseconds(200))
            isDone.withLock { $0 = true }
            return 7
        }
        #expect(answer == nil)
        for _ in 0..<1_000 where !isDone.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(10)) }
        #expect(isDone.withLock { $0 })
    }
}

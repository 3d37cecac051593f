import Concurrency
import Storage
import StorageTestSupport
import Testing

@Suite struct `A watch of growth` {
    @Test func `answers at once what it was told before`() async {
        let watch = GrowthWatch()
        watch.tell(5)
        watch.tell(3)
        #expect(await watch.hasGrown(beyond: 4, within: .seconds(60)))
        #expect(await watch.hasGrown(beyond: 5, within: .zero) == false)
    }

    @Test func `wakes all whom it concerns, and no others`() async {
        let watch = GrowthWatch()
        await withTaskGroup(of: (UInt64, Bool).self) { group in
            for size in 0..<100 as Range<UInt64> {
                group.addTask { (size, await watch.hasGrown(beyond: size, within: .seconds(size < 50 ? 60 : 1))) }
            }
            try? await Task.sleep(for: .milliseconds(100))
            watch.tell(50)
            for await (size, hasGrown) in group { #expect(hasGrown == (size < 50)) }
        }
    }

    @Test func `lets go who is cancelled, before or while they wait`() async {
        let watch = GrowthWatch()
        for pause in [0, 100] {
            let task = Task { await watch.hasGrown(beyond: 0, within: .seconds(60)) }
            try? await Task.sleep(for: .milliseconds(pause))
            task.cancel()
            #expect(await task.value == false)
        }
    }

    @Test func `looks only while somebody waits, once for all`() async throws {
        let looks = Locked<UInt64>(0)
        let watch = GrowthWatch(every: .milliseconds(20)) {
            looks.withLock {
                $0 += 1
                return $0 < 10 ? nil : 7
            }
        }
        try await Task.sleep(for: .milliseconds(100))
        #expect(looks.withLock { $0 } == 0)
        async let others = watch.hasGrown(beyond: 6, within: .seconds(60))
        #expect(await watch.hasGrown(beyond: 6, within: .seconds(60)))
        #expect(await others)
        try await Task.sleep(for: .milliseconds(100))
        #expect(looks.withLock { $0 } == 10)
    }
}

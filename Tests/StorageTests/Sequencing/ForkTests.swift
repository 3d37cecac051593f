import Crypto
import Ledger
import Storage
import StorageTestSupport
import Testing

/// Two databases that began as one and share a lock: an old backup was restored while the original still runs.
@Suite struct `Of two databases under one lock` {
    @Test(arguments: Backend.allCases) func `the one that lacks what was released is BEHIND`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let copy = try bench.another(store: try await bench.copy(on: backend))
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        await #expect(throws: AppendError.behind(size: 1, locked: 2)) {
            try await copy.append(bench.log.append(to: "b"))
        }
        #expect(try await bench.audit().head.size == 2)
    }

    /// The copy has committed more before it looks at the lock than the original has released.
    @Test(arguments: Backend.allCases) func `the one with a longer tree of its own is FORKED`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let store = try await bench.copy(on: backend)
        let refusing = RefusingLock(bench.lock)
        let copy = try bench.another(store: store, lock: refusing)
        for _ in 0..<3 {
            await #expect(throws: AppendError.outcomeUnknown) { try await copy.append(bench.log.append(to: "b")) }
        }
        let receipt = try await bench.sequencer.append(bench.log.append(to: "a"))
        refusing.relent()
        for _ in 0..<2 {
            await #expect(throws: AppendError.forked(size: 2)) { try await copy.append(bench.log.append(to: "b")) }
        }
        #expect(try bench.lock.current() == receipt.checkpoint)
        let again = try bench.another(store: store)
        await #expect(throws: AppendError.forked(size: 2)) { try await again.append(bench.log.append(to: "b")) }
        #expect(try await again.standing() == .forked(size: 2))
        #expect(try await bench.sequencer.standing() == nil)
    }

    /// Both have committed; the lock decides between commit and release.
    @Test(arguments: Backend.allCases, [1, 2, 3]) func `the one that releases second is answered nothing`(
        backend: Backend, length: Int
    ) async throws {
        let bench = try await SequencerBench(backend)
        let gated = GatedLock(bench.lock)
        let copy = try bench.another(store: try await bench.copy(on: backend), lock: gated)
        let append = Append((0..<length).map { _ in bench.log.proposal(stream: "b") })
        let second = Task { () throws(AppendError) in try await copy.append(append) }
        await gated.arrived.received()
        var released: String?
        for _ in 0..<2 { released = try await bench.sequencer.append(bench.log.append(to: "a")).checkpoint }
        gated.open()
        await #expect(throws: AppendError.outcomeUnknown) { try await second.value }
        #expect(try bench.lock.current() == released)
        #expect(try await bench.audit().head.size == 3)
    }

    /// One database, two processes: what the other released covers this one's events too.
    @Test(arguments: Backend.allCases) func `one that is the same log hands out the larger checkpoint`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let gated = GatedLock(bench.lock)
        let slow = try bench.another(lock: gated)
        async let first = slow.append(bench.log.append(to: "a"))
        await gated.arrived.received()
        let second = try await bench.sequencer.append(bench.log.append(to: "b"))
        gated.open()
        let receipt = try await first
        #expect(receipt.checkpoint == second.checkpoint)
        #expect(try Checkpoint(note: receipt.checkpoint).size == 3)
        #expect(try await slow.append(bench.log.append(to: "a")).events.map(\.index) == [3])
        #expect(try await bench.audit().head.size == 4)
    }
}

@Suite struct `A lock that is not this log's` {
    @Test(arguments: Backend.allCases) func `stops it: of another key, another log, no checkpoint`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let head = try await bench.audit().head
        let own = Checkpoint(origin: bench.log.origin, size: head.size, root: head.root)
        let other = TestLog(origin: "log.example/other")
        let notes = [
            own.sign(with: NoteSigner(name: bench.log.origin, key: .generate())),
            Checkpoint(origin: other.origin, size: head.size, root: head.root)
                .sign(with: other.checkpointSigner),
            Checkpoint(origin: other.origin, size: head.size, root: head.root)
                .sign(with: bench.log.checkpointSigner),
            "no checkpoint\n",
        ]
        for note in notes {
            let lock = MisplacedLock(bench.lock)
            lock.show(note)
            let sequencer = try bench.another(lock: lock)
            await #expect(throws: AppendError.lockForeign) {
                try await sequencer.append(bench.log.append(to: "a"))
            }
            #expect(try await sequencer.standing() == .lockForeign)
            lock.putRight()
            _ = try await sequencer.append(bench.log.append(to: "a"))
        }
        #expect(try await bench.audit().head.size == 5)
    }

    @Test(arguments: Backend.allCases) func `stops it: older than before, or emptied`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let old = try #require(try bench.lock.current())
        let lock = MisplacedLock(bench.lock)
        let sequencer = try bench.another(lock: lock)
        for _ in 0..<2 { _ = try await sequencer.append(bench.log.append(to: "a")) }
        lock.show(old)
        await #expect(throws: AppendError.lockForeign) { try await sequencer.append(bench.log.append(to: "a")) }
        lock.show(nil)
        await #expect(throws: AppendError.lockLost) { try await sequencer.append(bench.log.append(to: "a")) }
        #expect(try await bench.audit().head.size == 3)
    }
}

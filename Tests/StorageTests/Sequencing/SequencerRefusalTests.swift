import Crypto
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `A sequencer acknowledges nothing` {
    @Test(arguments: Backend.allCases) func `when the lock cannot be written, and finds the events later`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let refusing = RefusingLock(bench.lock)
        let sequencer = try bench.another(lock: refusing)
        await #expect(throws: AppendError.outcomeUnknown) {
            try await sequencer.append(bench.log.append(to: "a", key: "k"))
        }
        #expect(try bench.lock.current().map { try Checkpoint(note: $0).size } == 1)
        refusing.relent()
        let again = try await sequencer.append(bench.log.append(to: "a", key: "k"))
        #expect(again.isRepetition)
        #expect(again.events.map(\.index) == [1])
        #expect(try bench.lock.current() == again.checkpoint)
        #expect(try await bench.audit().head.size == 2)
    }

    @Test(arguments: Backend.allCases) func `of a log that is behind the lock`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let note = Checkpoint(origin: bench.log.origin, size: 3, root: .zero)
            .sign(with: bench.log.identity.checkpointSigner)
        try bench.lock.advance(to: note, size: 3)
        for _ in 0..<2 {
            await #expect(throws: AppendError.behind(size: 1, locked: 3)) {
                try await bench.sequencer.append(bench.log.append(to: "a"))
            }
        }
        #expect(try await LogAudit(bench.store, of: bench.log).head.size == 1)
    }

    @Test(arguments: Backend.allCases) func `of a log that contradicts the lock`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let lock = MemoryCheckpointLock()
        let note = Checkpoint(origin: bench.log.origin, size: 1, root: .zero)
            .sign(with: bench.log.identity.checkpointSigner)
        lock.advance(to: note, size: 1)
        let sequencer = try bench.another(lock: lock)
        await #expect(throws: AppendError.forked(size: 1)) { try await sequencer.append(bench.log.append(to: "a")) }
        #expect(lock.current() == note)
        #expect(try await bench.audit().head.size == 1)
    }

    @Test(arguments: Backend.allCases) func `only as long as the lock says so`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        let note = Checkpoint(origin: bench.log.origin, size: 9, root: .zero)
            .sign(with: bench.log.identity.checkpointSigner)
        let lock = MisplacedLock(bench.lock, note: note)
        let sequencer = try bench.another(lock: lock)
        await #expect(throws: AppendError.behind(size: 2, locked: 9)) {
            try await sequencer.append(bench.log.append(to: "a"))
        }
        lock.putRight()
        _ = try await sequencer.append(bench.log.append(to: "a"))
        #expect(try await bench.audit().head.size == 3)
    }

    @Test(arguments: Backend.allCases) func `until a log that was behind has caught up`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let behind = try bench.another()
        let ahead = try bench.another()
        // The lock of a log that has one entry more, seen by a sequencer before and after it comes.
        let lock = MemoryCheckpointLock()
        let waiting = try bench.another(lock: lock)
        _ = try await behind.append(bench.log.append(to: "a"))
        let note = Checkpoint(origin: bench.log.origin, size: 3, root: .zero)
            .sign(with: bench.log.identity.checkpointSigner)
        lock.advance(to: note, size: 3)
        await #expect(throws: AppendError.behind(size: 2, locked: 3)) {
            try await waiting.append(bench.log.append(to: "b"))
        }
        for _ in 0..<3 { _ = try await ahead.append(bench.log.append(to: "a")) }
        _ = try await waiting.append(bench.log.append(to: "b"))
        #expect(try await bench.audit().head.size == 6)
    }

    @Test(arguments: Backend.allCases) func `of a commit that did not happen`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        for failing in ["begin", "write"] {
            let faulty = NamedFault(bench.store, failing: failing)
            let sequencer = try bench.another(store: faulty)
            await #expect(throws: AppendError.store(.unavailable)) {
                try await sequencer.append(bench.log.append(to: "a", key: failing))
            }
            faulty.relent()
            let receipt = try await sequencer.append(bench.log.append(to: "a", key: failing))
            #expect(!receipt.isRepetition)
        }
        #expect(try await bench.audit().head.size == 3)
    }

    @Test(arguments: Backend.allCases) func `but what the head shows, when only the answer of the commit was lost`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let sequencer = try bench.another(store: NamedFault(bench.store, failing: "answer"))
        let receipt = try await sequencer.append(bench.log.append(to: "a", key: "k"))
        #expect(receipt.events.map(\.index) == [1])
        #expect(try bench.lock.current() == receipt.checkpoint)
        _ = try await sequencer.append(bench.log.append(to: "a"))
        #expect(try await bench.audit().head.size == 3)
    }

    @Test(arguments: Backend.allCases) func `when the answer of the commit is lost and the head cannot be read`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let faulty = NamedFault(bench.store, failing: "answer", "read")
        let sequencer = try bench.another(store: faulty)
        await #expect(throws: AppendError.outcomeUnknown) {
            try await sequencer.append(bench.log.append(to: "a", key: "k"))
        }
        #expect(try bench.lock.current().map { try Checkpoint(note: $0).size } == 1)
        faulty.relent()
        #expect(try await sequencer.append(bench.log.append(to: "a", key: "k")).isRepetition)
        #expect(try await bench.audit().head.size == 2)
    }

    @Test(arguments: Backend.allCases) func `of a batch with an event id that is there already`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let proposal = bench.log.proposal(stream: "a")
        _ = try await bench.sequencer.append(Append([proposal]))
        await #expect(throws: AppendError.store(.corrupt)) { try await bench.sequencer.append(Append([proposal])) }
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        #expect(try await bench.audit().head.size == 3)
    }
}

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
            .sign(with: bench.log.checkpointSigner)
        _ = try bench.lock.advance(from: bench.lock.current(), to: note)
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
            .sign(with: bench.log.checkpointSigner)
        _ = lock.advance(from: nil, to: note)
        let sequencer = try bench.another(lock: lock)
        await #expect(throws: AppendError.forked(size: 1)) { try await sequencer.append(bench.log.append(to: "a")) }
        #expect(lock.current() == note)
        #expect(try await bench.audit().head.size == 1)
    }

    @Test(arguments: Backend.allCases) func `only as long as the lock says so`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        let note = Checkpoint(origin: bench.log.origin, size: 9, root: .zero)
            .sign(with: bench.log.checkpointSigner)
        let lock = MisplacedLock(bench.lock)
        lock.show(note)
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
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        let old = try await bench.copy(on: backend)
        let ahead = try await bench.sequencer.append(bench.log.append(to: "a"))
        let restored = try bench.another(store: old)
        await #expect(throws: AppendError.behind(size: 2, locked: 3)) {
            try await restored.append(bench.log.append(to: "b"))
        }
        let caughtUp = try await bench.copy(on: backend)
        let receipt = try await bench.another(store: caughtUp).append(bench.log.append(to: "b"))
        #expect(receipt.events.map(\.index) == [3])
        #expect(ahead.events.map(\.index) == [2])
        #expect(try await LogAudit(caughtUp, of: bench.log, lock: bench.lock).head.size == 4)
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

    /// The head is no witness: here another process has moved it on before the first one can look.
    @Test(arguments: Backend.allCases) func `but finds its events behind those of others, when the answer was lost`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let faulty = NamedFault(bench.store, failing: "answer") {
            _ = try await bench.sequencer.append(bench.log.append(to: "other"))
        }
        let sequencer = try bench.another(store: faulty)
        let receipt = try await sequencer.append(bench.log.append(to: "a"))
        #expect(receipt.events.map(\.index) == [1])
        #expect(try Checkpoint(note: receipt.checkpoint).size == 3)
        faulty.relent()
        _ = try await sequencer.append(bench.log.append(to: "a"))
        #expect(try await bench.audit().head.size == 4)
    }

    @Test(arguments: Backend.allCases) func `when the answer of the commit is lost and the head cannot be read`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let faulty = NamedFault(bench.store, failing: "answer", "look")
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

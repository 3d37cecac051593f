import CanonicalJSON
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `A sequencer` {
    @Test(arguments: Backend.allCases) func `answers with index, bytes and a proof of them`(backend: Backend)
        async throws
    {
        let bench = try await SequencerBench(backend)
        let receipt = try await bench.sequencer.append(bench.log.append(to: "s", payload: ["n": 1], expecting: .absent))
        #expect(!receipt.isRepetition)
        #expect(receipt.events.map(\.index) == [1])
        let key = bench.log.checkpointSigner.verifierKey
        let checkpoint = try Checkpoint(note: receipt.checkpoint, signedBy: [key])
        #expect(checkpoint.size == 2)
        #expect(try bench.lock.current() == receipt.checkpoint)
        let (stored, proof) = try await bench.store.read { reader throws(StorageError) in
            do {
                return (try reader.entries(from: 1, limit: 1), try InclusionProof(index: 1, size: 2, reading: reader))
            } catch { throw StorageError(.corrupt, detail: "\(error)") }
        }
        #expect(stored.map(\.bytes) == receipt.events.map(\.bytes))
        #expect(proof.verify(leaf: receipt.events[0].entryHash, root: checkpoint.root))
        #expect(try await bench.audit().envelopes[1].parsedPayload() == ["n": 1])
    }

    @Test(arguments: Backend.allCases) func `commits what queued up at once, in order of arrival`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let appends = (0..<40).map { bench.log.append(to: "s\($0 % 3)", payload: ["n": .integer(Int64($0))]) }
        let (results, commits) = try await bench.together(appends)
        // With a server in two halves, so that one half works while the other waits, and what then remains.
        #expect(commits == 1 || (bench.store.isRemote && commits <= 4))
        #expect(results.compactMap(\.receipt).map { $0.events[0].index } == Array(2..<42))
        #expect(Set(results.compactMap(\.receipt).map(\.checkpoint)).count <= commits)
        let numbers = try await bench.audit().envelopes.compactMap { $0.parsedPayload()["n"]?.integerValue }
        #expect(numbers == Array(0..<40))
    }

    @Test(arguments: Backend.allCases) func `keeps the bounds of a batch, and a command whole`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        var limits = Sequencer.Limits()
        limits.eventsPerBatch = 4
        let appends = [3, 1, 1, 9, 4].map { count in
            Append((0..<count).map { _ in bench.log.proposal(stream: "s") })
        }
        let (results, commits) = try await bench.together(appends, limits: limits)
        #expect(commits == 4)  // 3 + 1, 1, 9 although too many, 4
        #expect(results.compactMap(\.receipt).map(\.events.count) == [3, 1, 1, 9, 4])
        #expect(try await bench.audit().envelopes.count == 20)
    }

    @Test(arguments: Backend.allCases) func `holds preconditions against the log and the batch`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let (results, _) = try await bench.together([
            log.append(to: "a", expecting: .absent),
            log.append(to: "a", expecting: .absent),  // refused: the first one of this batch began the stream
            log.append(to: "a", expecting: .version(0)),
            log.append(to: "a", expecting: .version(0)),  // refused: there is version 1
            log.append(to: "b", expecting: .version(0)),  // refused: there is no such stream
            Append([log.proposal(stream: "c")], preconditions: ["a": .version(7)]),  // refused: another stream's
            Append([log.proposal(stream: "c"), log.proposal(stream: "c")], preconditions: ["a": .version(1)]),
            log.append(to: "c", expecting: .version(1)),
        ])
        #expect(
            results.map(\.refusal) == [
                nil, .conflict(stream: "a"), nil, .conflict(stream: "a"), .conflict(stream: "b"),
                .conflict(stream: "a"), nil, nil,
            ])
        let places = try await bench.audit().envelopes.dropFirst(2).map { "\($0.stream)\($0.version)" }
        #expect(places == ["a0", "a1", "c0", "c1", "c2"])
        await #expect(throws: AppendError.conflict(stream: "a")) {
            try await bench.sequencer.append(log.append(to: "a", expecting: .absent))
        }
    }

    @Test(arguments: Backend.allCases) func `refuses what was decided under an older epoch`(backend: Backend)
        async throws
    {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let (results, _) = try await bench.together([
            log.append(to: "a", epoch: 1),
            log.append(to: "control", isControl: true, epoch: 1),
            log.append(to: "b", epoch: 1),
            log.append(to: "c"),
            log.append(to: "d", epoch: 2),
        ])
        #expect(results.map(\.refusal) == [nil, nil, .staleEpoch, nil, nil])
        await #expect(throws: AppendError.staleEpoch) {
            try await bench.sequencer.append(log.append(to: "e", epoch: 1))
        }
        #expect(try await bench.audit().head.epoch == 2)
    }

    @Test(arguments: Backend.allCases) func `answers a repetition with the first receipt`(backend: Backend) async throws
    {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let first = try await bench.sequencer.append(log.append(to: "a", expecting: .absent, key: "k"))
        // The repetition would break its own precondition; it is recognised before that is looked at.
        for sequencer in [bench.sequencer, try bench.another()] {
            let again = try await sequencer.append(log.append(to: "a", expecting: .absent, key: "k", epoch: 0))
            #expect(again.isRepetition)
            #expect(again.events == first.events)
            let key = log.checkpointSigner.verifierKey
            #expect(try Checkpoint(note: again.checkpoint, signedBy: [key]).size >= 2)
            await #expect(throws: AppendError.idempotencyMismatch) {
                try await sequencer.append(log.append(to: "b", key: "k", request: "another"))
            }
        }
        #expect(try await bench.audit().head.size == 2)
    }

    @Test(arguments: Backend.allCases) func `records a duplicate inside one batch once`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let (results, _) = try await bench.together([
            log.append(to: "a", key: "k"), log.append(to: "a", key: "k"),
            log.append(to: "b", key: "k", request: "other"),
            log.append(to: "c", key: "l"),
        ])
        #expect(results.map(\.refusal) == [nil, .inFlight, .idempotencyMismatch, nil])
        let again = try await bench.sequencer.append(log.append(to: "a", key: "k"))
        #expect(again.isRepetition)
        #expect(again.events == results[0].receipt?.events)
        #expect(try await bench.audit().records.map(\.index) == [2, 3])
    }

    @Test(arguments: Backend.allCases) func `keeps a refused command's idempotency key free`(backend: Backend)
        async throws
    {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let (results, _) = try await bench.together([
            log.append(to: "a", expecting: .version(3), key: "k"), log.append(to: "a", expecting: .absent, key: "k"),
        ])
        #expect(results.map(\.refusal) == [.conflict(stream: "a"), nil])
        #expect(try await bench.audit().records.count == 1)
    }

    @Test(arguments: Backend.allCases) func `refuses a command too large without harm to the others`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let large: JSONValue = ["text": .string(String(repeating: "x", count: 33_000))]
        let (results, _) = try await bench.together([
            log.append(to: "a"), log.append(to: "a", payload: large, key: "k"),
            log.append(to: "b", payload: large, expecting: .absent),
            Append([log.proposal(stream: "a"), log.proposal(stream: "a", payload: large)]), log.append(to: "a"),
        ])
        let refusals = results.map(\.refusal)
        #expect(refusals[0] == nil && refusals[4] == nil)
        for refusal in refusals[1...3] {
            guard case .invalid = refusal else {
                Issue.record("\(String(describing: refusal)) where .invalid is due")
                continue
            }
        }
        let audit = try await bench.audit()
        #expect(audit.envelopes.filter { $0.stream == "a" }.map(\.version) == [0, 1])
        #expect(audit.records == [])
    }

    @Test(arguments: Backend.allCases) func `takes the largest entry that fits`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        func size(_ count: Int) -> Int {
            let draft = bench.log.proposal(stream: "a", payload: ["t": .string(String(repeating: "x", count: count))])
                .draft
            let time = Timestamp(microseconds: 0)
            return draft.envelope(log: bench.log.origin, version: 0, previous: nil, recordedAt: time).count
        }
        let room = Entry.maximumEnvelopeSize - size(0)
        for (stream, expectation) in [("a", Append.Expectation.absent), ("b", nil)] {
            let fits: JSONValue = ["t": .string(String(repeating: "x", count: room))]
            let receipt = try await bench.sequencer.append(
                bench.log.append(to: stream, payload: fits, expecting: expectation))
            #expect(receipt.events[0].bytes.count == Entry.maximumSize)
            let exceeds: JSONValue = ["t": .string(String(repeating: "x", count: room + 1))]
            await #expect(throws: AppendError.self) {
                try await bench.sequencer.append(
                    bench.log.append(to: stream + "2", payload: exceeds, expecting: expectation))
            }
        }
        #expect(try await bench.audit().head.size == 3)
    }

    @Test func `refuses what is too much, and takes more when there is room again`() async throws {
        var limits = Sequencer.Limits()
        limits.outstandingEvents = 3
        let bench = try await SequencerBench(.memory)
        let gated = GatedStore(bench.store)
        let sequencer = try bench.another(store: gated, limits: limits)
        async let one = sequencer.append(bench.log.append(to: "a"))
        await gated.arrived.received()
        async let two = sequencer.append(Append([bench.log.proposal(stream: "b"), bench.log.proposal(stream: "b")]))
        while await sequencer.gauges.queued == 0 { await Task.yield() }
        await #expect(throws: AppendError.overloaded(retryAfterSeconds: 1)) {
            try await sequencer.append(bench.log.append(to: "c"))
        }
        gated.open()
        _ = try await (one, two)
        _ = try await sequencer.append(bench.log.append(to: "c"))
        #expect(try await bench.audit().head.size == 5)
    }

    @Test(arguments: Backend.allCases) func `never records an earlier time than before`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let late: Int64 = 1_800_000_000_000_000
        bench.clock.set(late)
        _ = try await bench.sequencer.append(bench.log.append(to: "a", expecting: .absent))
        bench.clock.set(1_600_000_000_000_000)
        _ = try await bench.sequencer.append(bench.log.append(to: "b", expecting: .absent))
        _ = try await bench.another().append(bench.log.append(to: "b"))
        let times = try await bench.audit().envelopes.map(\.recordedAt.microseconds)
        #expect(times[1...].allSatisfy { $0 == late + 1 })
    }

    @Test(arguments: Backend.allCases) func `grows tiles over their borders`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        for count in [254, 1, 1, 255, 2, 600] {
            let proposals = (0..<count).map { bench.log.proposal(stream: "s\($0 % 5)") }
            _ = try await bench.sequencer.append(Append(proposals))
            #expect(try await bench.audit().envelopes.last?.stream != nil)
        }
        _ = try await bench.another().append(bench.log.append(to: "a"))  // rebuilds its tree from the stored tiles
        #expect(try await bench.audit().head.size == 1_115)
    }

    @Test(arguments: Backend.allCases) func `tells of each commit`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let sizes = Sizes()
        await bench.sequencer.onCommit { sizes.add($0) }
        _ = try await bench.sequencer.append(bench.log.append(to: "a", key: "k"))
        _ = try await bench.sequencer.append(bench.log.append(to: "a", key: "k"))
        _ = try? await bench.sequencer.append(bench.log.append(to: "a", expecting: .absent))
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        #expect(sizes.all == [2, 3])
        let gauges = await bench.sequencer.gauges
        #expect((gauges.batches, gauges.events, gauges.size, gauges.queued) == (3, 3, 3, 0))
    }
}

import Crypto
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `A sequencer whose store is far away` {
    /// A sequencer that has been left alone long enough to trust its memory; the log ends in stream `s`.
    private func trusting(
        _ backend: Backend
    ) async throws -> (bench: SequencerBench, store: RemoteStore, sequencer: Sequencer) {
        let bench = try await SequencerBench(backend)
        let store = RemoteStore(bench.store)
        let sequencer = try bench.another(store: store)
        for number in 0..<9 {
            _ = try await sequencer.append(bench.log.append(to: "s", key: "before \(number)"))
        }
        #expect(store.counts == .init(asked: 9, foreseen: 0))
        return (bench, store, sequencer)
    }

    @Test(arguments: Backend.allCases) func `does not ask what it knows`(backend: Backend) async throws {
        let (bench, store, sequencer) = try await trusting(backend)
        for number in 0..<5 as Range<UInt64> {
            let receipt = try await sequencer.append(bench.log.append(to: "s", key: "k\(number)"))
            #expect(receipt.events.map(\.index) == [10 + 2 * number])
            let other = bench.log.append(to: "new-\(number)", expecting: .absent)
            #expect(try await sequencer.append(other).events.map(\.index) == [11 + 2 * number])
        }
        #expect(store.counts == .init(asked: 9, foreseen: 10))
        #expect(try await bench.audit().head.size == 20)
    }

    @Test(arguments: Backend.allCases) func `asks of streams that it does not remember, and of keys that it does`(
        backend: Backend
    ) async throws {
        let (bench, store, sequencer) = try await trusting(backend)
        let repetition = try await sequencer.append(bench.log.append(to: "s", key: "before 3"))
        #expect(repetition.isRepetition && repetition.events.map(\.index) == [4])
        _ = try await sequencer.append(bench.log.append(to: "unknown"))
        #expect(store.counts == .init(asked: 11, foreseen: 0))
        _ = try await sequencer.append(bench.log.append(to: "unknown"))
        #expect(store.counts == .init(asked: 11, foreseen: 1))
        #expect(try await bench.audit().head.size == 12)
    }

    @Test(arguments: Backend.allCases) func `lets the log refuse what cannot be`(backend: Backend) async throws {
        let (bench, store, sequencer) = try await trusting(backend)
        let wrong = bench.log.append(to: "s", expecting: .absent)
        #expect(await Result { () async throws(AppendError) in try await sequencer.append(wrong) }.refusal != nil)
        #expect(store.counts == .init(asked: 10, foreseen: 0))
        #expect(try await bench.audit().head.size == 10)
    }

    @Test(arguments: Backend.allCases) func `asks once more when another process was there`(
        backend: Backend
    ) async throws {
        let (bench, store, sequencer) = try await trusting(backend)
        let other = try bench.another()
        let taken = bench.log.append(to: "taken", expecting: .absent, key: "of the other")
        let first = try await other.append(taken)
        let receipt = try await sequencer.append(bench.log.append(to: "s"))
        #expect(receipt.events.map(\.index) == [11])
        #expect(store.counts == .init(asked: 10, foreseen: 0))  // the lock told of the other
        // It has to earn its trust again.
        _ = try await sequencer.append(bench.log.append(to: "s"))
        #expect(store.counts == .init(asked: 11, foreseen: 0))
        for _ in 0..<8 { _ = try await sequencer.append(bench.log.append(to: "s")) }
        // What the other one has recorded is refused, or found, although nobody here knew of it.
        let again = try await sequencer.append(taken)
        #expect(again.isRepetition && again.events == first.events)
        let clash = bench.log.append(to: "taken", expecting: .absent)
        #expect(await Result { () async throws(AppendError) in try await sequencer.append(clash) }.refusal != nil)
        #expect(try await bench.audit().head.size == 21)
    }

    @Test(arguments: Backend.allCases, [RemoteStore.Failure.refused, .before, .after])
    func `records once when it was wrong, or the answer is lost`(backend: Backend, failure: RemoteStore.Failure)
        async throws
    {
        let (bench, store, sequencer) = try await trusting(backend)
        store.fail(failure)
        let receipt = try await sequencer.append(bench.log.append(to: "s", key: "k"))
        #expect(receipt.events.map(\.index) == [10])
        #expect(store.counts.foreseen == 1)
        _ = try await sequencer.append(bench.log.append(to: "s"))
        let audit = try await bench.audit()
        #expect(audit.head.size == 12)
        #expect(try bench.lock.current().map { try Checkpoint(note: $0).size } == 12)
    }

    /// What was sent without asking may be under way for as long as nobody moves the head.
    @Test(arguments: Backend.allCases) func `does not promise that what was sent will never be there`(
        backend: Backend
    ) async throws {
        let (bench, store, _) = try await trusting(backend)
        for failing in ["begin", "write"] {
            let faulty = NamedFault(store)
            let sequencer = try bench.another(store: faulty)
            for _ in 0..<9 { _ = try await sequencer.append(bench.log.append(to: "s")) }
            store.fail(.before)
            faulty.fail(failing)
            await #expect(throws: AppendError.outcomeUnknown) {
                try await sequencer.append(bench.log.append(to: "s", key: failing))
            }
            faulty.relent()
            _ = try await sequencer.append(bench.log.append(to: "s", key: failing))
        }
        #expect(try await bench.audit().records.count { ["begin", "write"].contains($0.key) } == 2)
    }

    @Test(arguments: Backend.allCases) func `signs with the key that counts, whoever retired the one before`(
        backend: Backend
    ) async throws {
        let (bench, _, sequencer) = try await trusting(backend)
        let other = try bench.another()
        let next = Ed25519.PrivateKey.generate()
        _ = try await other.append(
            Append(
                [
                    bench.log.certifying([(next.publicKey, .event)]),
                    bench.log.retiring(bench.log.eventKey.publicKey, .event),
                ], preconditions: ["keys": .version(0)], signers: [next]))
        // Whose key this one does not have.
        await #expect(throws: AppendError.readOnly) { try await sequencer.append(bench.log.append(to: "s")) }
        #expect(try await bench.audit().head.size == 12)
    }
}

extension Result where Success == Receipt, Failure == AppendError {
    fileprivate init(catching body: () async throws(AppendError) -> Receipt) async {
        do throws(AppendError) { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

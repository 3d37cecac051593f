import Storage
import StorageTestSupport
import Testing

@Suite struct `An append whose every step fails once` {
    /// One run for each operation of the store and the lock; the last one has none left to fail.
    @Test(arguments: Backend.allCases) func `leaves a log that is whole, with all that was acknowledged`(
        backend: Backend
    ) async throws {
        var failed: [String] = []
        for step in 0... {
            let bench = try await SequencerBench(backend)
            let plan = FaultPlan(failing: step)
            let sequencer = try bench.another(
                store: FaultyStore(bench.store, plan: plan), lock: FaultyLock(bench.lock, plan: plan))
            var acknowledged: [String: [Receipt.Recorded]] = [:]
            for number in 0..<4 {
                let key = "k\(number)"
                let append = bench.log.append(
                    to: "s\(number % 2)", expecting: number < 2 ? .absent : .version(0), key: key)
                if let receipt = try? await sequencer.append(append) { acknowledged[key] = receipt.events }
            }
            let afterFault = try await bench.audit()
            for (key, events) in acknowledged {
                #expect(afterFault.records.first { $0.key == key }?.index == events.first?.index)
            }
            // Whoever was refused asks again, and whoever was not is not recorded twice.
            for number in 0..<4 {
                let append = bench.log.append(
                    to: "s\(number % 2)", expecting: number < 2 ? .absent : .version(0), key: "k\(number)")
                // The operation that fails may be one of this second round.
                let receipt = try await sequencer.append(append, attempts: 2)
                if let events = acknowledged["k\(number)"] { #expect(receipt.events == events) }
            }
            #expect(try await bench.audit().head.size == 5)
            guard let name = plan.failed else { break }
            failed.append(name)
        }
        let kinds: Set = [
            "begin", "head", "look at the lock", "tile", "idempotency key", "end of stream", "write",
            "answer of commit",
            "write the lock", "answer of the lock",
        ]
        #expect(kinds.isSubset(of: failed))
    }
}

extension Sequencer {
    /// Appends, again after a failure, as a client would.
    fileprivate nonisolated func append(_ append: Append, attempts: Int) async throws(AppendError) -> Receipt {
        do throws(AppendError) { return try await self.append(append) } catch {
            guard attempts > 1 else { throw error }
            return try await self.append(append, attempts: attempts - 1)
        }
    }
}

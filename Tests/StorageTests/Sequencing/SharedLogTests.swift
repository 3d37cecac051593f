import CanonicalJSON
import Concurrency
import Crypto
import Ledger
import SQLiteStorage
import Storage
import StorageTestSupport
import Testing

@Suite struct `Two processes on one log` {
    /// Each with its own connection, sequencer and open lock file, and 16 producers who repeat what was refused for now.
    @Test(arguments: Backend.allCases) func `write one history`(backend: Backend) async throws {
        let folder = try TestFolder()
        let path = folder.path + "/checkpoint"
        let bench = try await SequencerBench(backend, lock: try FileCheckpointLock(path: path))
        let sequencers = try (0..<2).map { _ in try bench.another(lock: FileCheckpointLock(path: path)) }
        let receipts = Locked<[Receipt]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (process, sequencer) in sequencers.enumerated() {
                for producer in 0..<16 {
                    group.addTask {
                        for round in 0..<12 {
                            let receipt = try await bench.produce(
                                round, named: "\(process)-\(producer)", through: sequencer)
                            receipts.withLock { $0.append(receipt) }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let all = receipts.withLock { $0 }
        let audit = try await bench.audit()
        #expect(audit.head.size == 1 + 2 * 16 * 12)
        #expect(all.flatMap(\.events).map(\.index).sorted() == Array(1..<audit.head.size))
        #expect(audit.records.count == 2 * 16 * 12)
        // One root for each size that was ever released.
        var roots: [UInt64: Set<String>] = [:]
        for receipt in all {
            let checkpoint = try Checkpoint(note: receipt.checkpoint)
            roots[checkpoint.size, default: []].insert(checkpoint.root.hex)
            #expect(receipt.events.allSatisfy { $0.index < checkpoint.size })
        }
        #expect(roots.values.allSatisfy { $0.count == 1 })
        #expect(try bench.lock.current().map { try Checkpoint(note: $0).size } == audit.head.size)
    }
}

extension SequencerBench {
    /// One command of a producer: into a stream of its own, or one that all share and fight for.
    fileprivate func produce(
        _ round: Int, named name: String, through sequencer: Sequencer
    ) async throws(AppendError) -> Receipt {
        while true {
            do throws(AppendError) {
                let stream = round % 3 == 0 ? "shared-\(round)" : name
                return try await sequencer.append(
                    log.append(to: stream, payload: ["round": .integer(Int64(round))], key: "\(name)/\(round)"))
            } catch {
                guard case .overloaded = error else { throw error }
            }
        }
    }
}

import Concurrency
import Crypto
import Ledger
import PostgresStorage
import Service
import SQLiteStorage
import Storage

/// Signed events, durable and proven, against raw inserts of the same bytes into the same store.
struct EventBenchmark {
    private let producers: [Int]
    private let folder: String
    private let rounds: Int
    private let events: Int
    /// The address of an empty PostgreSQL database; nil measures SQLite.
    private let postgres: String?
    private let samples = SampleEvents()

    init(_ options: Options) throws {
        (folder, rounds, events) = (options.folder, options.rounds, options.events ?? 20_000)
        (producers, postgres) = (options.producers.map { [$0] } ?? [1, 16, 64], options.postgres)
        if let postgres { _ = try PostgresMigration.apply(address: postgres) }
    }

    func run() async throws {
        var (raw, single): ([Double], [Double]) = ([], [])
        var signatures: [Double] = []
        var signed: [Int: [Double]] = [:]
        let bytes = entry()
        for _ in 0..<rounds {
            // In turn, so that all meet the same state of disk and processor.
            raw.append(try rawRate(bytes, count: events, perCommit: 100))
            single.append(1_000 / (try rawRate(bytes, count: 400, perCommit: 1)))
            signatures.append(signatureRate(bytes))
            for producers in producers { signed[producers, default: []].append(try await signedRate(producers)) }
        }
        report("raw inserts, 100 a commit", "\(decimal(median(raw), 0)) rows/s", "\(bytes.count) bytes each")
        report("raw insert, one a commit", "\(decimal(median(single), 3)) ms")
        report("signatures alone, all cores", "\(decimal(median(signatures), 0)) signatures/s")
        for producers in producers {
            let rate = median(signed[producers] ?? [])
            report(
                "signed events, \(producers) producers", "\(decimal(rate, 0)) events/s",
                "\(decimal(rate / median(raw), 2)) x raw", "\(decimal(rate / median(signatures), 2)) x signatures")
            if producers == 1 {
                report(
                    "one event", "\(decimal(1_000 / rate, 3)) ms", "\(decimal(1_000 / rate / median(single), 2)) x raw")
            }
        }
    }

    private func rawRate(_ bytes: [UInt8], count: Int, perCommit rows: Int) throws -> Double {
        if let postgres {
            let inserts = try RawPostgres(address: postgres)
            return Double(count) / (try seconds { try inserts.add(bytes, count: count, perCommit: rows) })
        }
        let scratch = try ScratchFolder(in: folder, "raw")
        let inserts = try RawInserts(path: scratch.path + "/raw.db")
        return Double(count) / (try seconds { try inserts.add(bytes, count: count, perCommit: rows) })
    }

    /// What Ed25519 alone allows with nothing else to do: no event is stored unsigned.
    private func signatureRate(_ bytes: [UInt8]) -> Double {
        let key = Ed25519.PrivateKey.generate()
        let messages = [[UInt8]](repeating: bytes, count: events)
        return Double(events) / seconds { keep(concurrentMap(messages) { key.sign($0) }) }
    }

    /// Each producer waits for its event to be acknowledged before it makes the next.
    private func signedRate(_ producers: Int) async throws -> Double {
        let scratch = try ScratchFolder(in: folder, "signed")
        let keys = [Ed25519.PrivateKey.generate(), .generate(), .generate()]
        let origin = "cxrledger/" + Hex.encode(SecureRandom.bytes(16))
        let store: any EventStore
        if let postgres {
            store = PostgresEventStore(address: postgres, origin: origin)
        } else {
            store = try SQLiteEventStore(path: scratch.path + "/log.db", origin: origin)
        }
        let sequencer = Sequencer(
            store: store,
            lock: try FileCheckpointLock(path: scratch.path + "/checkpoint"),
            identity: LogIdentity(origin: origin, root: keys[0].publicKey, signers: keys), now: SystemClock.now)
        _ = try await sequencer.append(samples.certification(of: keys, origin: origin))
        return try await Producers(count: producers).rate(
            sequencer, each: max(1, min(events, 400 * producers) / producers))
    }

    /// The stored bytes of one such event.
    private func entry() -> [UInt8] {
        let origin = "cxrledger/" + Hex.encode(SecureRandom.bytes(16))
        let envelope = samples.sized().proposals[0].draft.envelope(
            log: origin, version: 0, previous: nil, recordedAt: SystemClock.now())
        return Entry.encode(envelope: envelope, key: .generate())
    }
}

import CanonicalJSON
import Concurrency
import Ledger
import SQLiteStorage
import Storage
import StorageTestSupport
import TestSupport
import Testing

/// One log through several losses of power: what was asked of it, and what it acknowledged.
final class PowerLossRound: Sendable {
    /// A command that can be repeated: the same key asks for the same events.
    private struct Command: Sendable {
        let key: String
        let stream: String
        let events: Int
        let bytes: Int
    }

    private struct Memory {
        var asked: [String: Command] = [:]
        var acknowledged: [String: [Receipt.Recorded]] = [:]
    }

    private let folder: TestFolder
    private let log = TestLog()
    private let memory = Locked(Memory())
    private let clock = TestClock()

    init() throws { folder = try TestFolder() }

    private var database: String { folder.path + "/log.db" }

    /// Runs two instances and their producers until all are done, or until power is lost.
    func live(seed: UInt64, producers: Int = 3, commands: Int = 12) async {
        guard let sequencers = try? await open(instances: 2) else { return }
        await withTaskGroup(of: Void.self) { group in
            for producer in 0..<producers {
                group.addTask {
                    var random = SplitMix64(seed: seed &+ UInt64(producer))
                    await self.repeatRefused(through: sequencers[producer % 2], part: producer, of: producers)
                    for _ in 0..<commands where !PowerLoss.happened {
                        await self.append(self.command(&random), through: sequencers[producer % 2])
                        if Int.random(in: 0..<8, using: &random) == 0 { self.moveToDatabase(&random) }
                    }
                }
            }
        }
    }

    /// Everything that was acknowledged is there, once, in a log that is whole.
    func check() async throws {
        let store = try SQLiteEventStore(path: database, origin: log.origin, readers: 1, vfs: PowerLoss.vfs)
        let lock = try FileCheckpointLock(path: folder.path + "/checkpoint")
        #expect(try lock.damage() == nil)
        let audit = try await LogAudit(store, of: log, lock: lock)
        let memory = memory.withLock { $0 }
        #expect(try lock.current() != nil || memory.acknowledged.isEmpty)
        let indices = Dictionary(uniqueKeysWithValues: audit.records.map { ($0.key, $0.index) })
        for (key, events) in memory.acknowledged { #expect(indices[key] == events.first?.index) }
        let stored = try await store.read { reader throws(StorageError) in try reader.entries(from: 0, limit: .max) }
        for event in memory.acknowledged.values.joined() { #expect(stored[Int(event.index)].bytes == event.bytes) }
        // By what the entries say, not by the table of keys.
        var counts: [String: Int] = [:]
        for envelope in audit.envelopes {
            if let key = envelope.parsedPayload()["key"]?.stringValue { counts[key, default: 0] += 1 }
        }
        for (key, count) in counts { #expect(count == memory.asked[key]?.events) }
    }

    /// Repeats every command until all are acknowledged.
    func finish() async throws {
        let sequencers = try await open(instances: 1)
        await repeatRefused(through: sequencers[0], part: 0, of: 1)
        let (asked, acknowledged) = memory.withLock { ($0.asked.count, $0.acknowledged.count) }
        #expect(asked == acknowledged)
        try await check()
    }

    private func open(instances: Int) async throws -> [Sequencer] {
        let sequencers = try (0..<instances).map { _ in
            Sequencer(
                store: try SQLiteEventStore(path: database, origin: log.origin, readers: 1, vfs: PowerLoss.vfs),
                lock: MortalLock(lock: try FileCheckpointLock(path: folder.path + "/checkpoint")),
                identity: log.identity, now: clock.now)
        }
        // Index 0 certifies the keys; a repeated try finds the stream begun.
        do throws(AppendError) { _ = try await sequencers[0].append(log.certification) } catch {
            guard case .conflict = error else { throw error }
        }
        return sequencers
    }

    private func command(_ random: inout SplitMix64) -> Command {
        let command = Command(
            key: TestLog.nextID(), stream: "s\(Int.random(in: 0..<4, using: &random))",
            events: Int.random(in: 1...3, using: &random), bytes: Int.random(in: 0..<6_000, using: &random))
        memory.withLock { $0.asked[command.key] = command }
        return command
    }

    private func append(_ command: Command, through sequencer: Sequencer) async {
        let payload: JSONValue = [
            "key": .string(command.key), "text": .string(String(repeating: "x", count: command.bytes)),
        ]
        let proposals = (0..<command.events).map { _ in log.proposal(stream: command.stream, payload: payload) }
        let append = Append(proposals, idempotency: .init(principal: "p", key: command.key, request: "r"))
        // Whatever the refusal: the command is repeated later, under its key.
        guard let receipt = try? await sequencer.append(append) else { return }
        memory.withLock { $0.acknowledged[command.key] = receipt.events }
    }

    private func repeatRefused(through sequencer: Sequencer, part: Int, of parts: Int) async {
        let refused = memory.withLock { memory in
            memory.asked.values.filter { memory.acknowledged[$0.key] == nil }.sorted { $0.key < $1.key }
        }
        for (number, command) in refused.enumerated() where number % parts == part {
            await append(command, through: sequencer)
        }
    }

    /// Moves pages from the write-ahead log into the database, as happens by itself only every 16 MiB.
    private func moveToDatabase(_ random: inout SplitMix64) {
        let mode = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"].randomElement(using: &random) ?? "PASSIVE"
        let database = try? RawDatabase(database, vfs: PowerLoss.vfs)
        try? database?.execute("PRAGMA wal_checkpoint(\(mode))")  // being refused is fine, being torn is the point
    }
}

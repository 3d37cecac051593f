import Concurrency
import Crypto
import Ledger
import Records
import Testing

@testable import Service

/// Three witnesses of a log that is only tiles, two of which are a quorum, and rounds with them.
private final class Stage: Sendable {
    let log = NoteSigner(name: "log.example/cxr", key: .generate())
    let witnesses: [ScriptedWitness]
    let rounds: WitnessRounds
    let policy: Policy
    let refusals = Locked<[WitnessRefused]>([])
    let added = Locked<[[SignedNote.Signature]]>([])
    let witnessed = Locked<SignedNote?>(nil)
    let time = Locked(Timestamp(microseconds: 1_700_000_000_000_000))
    let released = Locked<UInt64>(0)

    private init(quorum: Int) throws {
        let log = log
        witnesses = try (1...3).map { try ScriptedWitness("witness.example/\($0)", of: log.verifierKey) }
        let lines = witnesses.enumerated().map { "witness w\($0) \($1.cosigner.verifierKey) \($1.url)" }
        let text = (lines + ["group g \(quorum) w0 w1 w2", "quorum g", ""]).joined(separator: "\n")
        policy = try Policy(parsing: Array(text.utf8))
        let (refusals, witnessed, time, released) = (refusals, witnessed, time, released)
        rounds = WitnessRounds(
            policy: policy, witnessed: 0,
            .init(
                proof: { old, new throws(ServiceError) in
                    do { return try ConsistencyProof(old: old, new: new, reading: Self.tree(new).tiles).hashes } catch {
                        throw ServiceError(wrapping: error)
                    }
                }, released: { released.withLock { $0 } },
                refused: { event in refusals.withLock { $0.append(event) } },
                witnessed: { note in witnessed.withLock { $0 = note } }, now: { time.withLock { $0 } }))
    }

    static func run(quorum: Int = 2, _ body: (Stage) async throws -> Void) async throws {
        let stage = try Stage(quorum: quorum)
        let task = Task { [rounds = stage.rounds] in await rounds.run() }
        do { try await body(stage) } catch { Issue.record(error) }
        task.cancel()
        await task.value
        for witness in stage.witnesses { await witness.stop() }
    }

    static func tree(_ size: UInt64) -> (tiles: MemoryTiles, root: Digest) {
        var frontier = TileFrontier()
        let tiles = MemoryTiles(frontier.append((0..<size).map { Merkle.leafHash(entry: Array("\($0)".utf8)) }))
        return (tiles, frontier.root)
    }

    func offer(_ size: UInt64) async {
        released.withLock { $0 = max($0, size) }
        let checkpoint = Checkpoint(origin: log.name, size: size, root: Self.tree(size).root)
        let added = added
        await rounds.offer(checkpoint.sign(with: log)) { signatures in
            added.withLock { $0.append(signatures) }
            return true
        }
    }

    /// Waits until something holds; the rounds work by themselves.
    func until(_ what: String, _ condition: () async -> Bool) async throws {
        for _ in 0..<500 {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("never: \(what)")
    }

    func isWitnessed(_ size: UInt64) -> Bool {
        witnessed.withLock { $0.flatMap { try? Checkpoint(text: $0.text) } }?.size == size
    }
}

@Suite struct `Rounds of witnesses` {
    @Test func `collect the cosignatures of all over the same checkpoint`() async throws {
        try await Stage.run { stage in
            for size in [5, 300, 301] as [UInt64] {
                await stage.offer(size)
                try await stage.until("witnessed") {
                    let lines = await stage.rounds.report.lines
                    return stage.isWitnessed(size) && lines.allSatisfy { $0.entries == 0 }
                }
                let note = try #require(stage.witnessed.withLock { $0 })
                let verdict = try stage.policy.check(note, known: [stage.log.verifierKey])
                #expect(verdict.isQuorumMet && verdict.checkpoint.size == size)
            }
            // Each answer was handed on by itself, without the lines of strangers.
            let added = stage.added.withLock { $0 }
            #expect(added.count == 9 && added.allSatisfy { $0.count == 1 })
            // No size had to be asked for twice: what a witness cosigned last is known.
            #expect(stage.witnesses.allSatisfy { $0.requests.withLock { $0.map(\.old) } == [0, 5, 300] })
            #expect(stage.refusals.withLock { $0.isEmpty })
        }
    }

    @Test func `go on without a witness that is down, and say so`() async throws {
        try await Stage.run { stage in
            await stage.witnesses[1].stop()
            await stage.offer(5)
            try await stage.until("witnessed") { stage.isWitnessed(5) }
            stage.time.withLock { $0 = Timestamp(microseconds: $0.microseconds + 90_000_000) }
            await stage.offer(8)
            try await stage.until("all but one") { await stage.rounds.report.lines.map(\.entries) == [0, 8, 0] }
            let report = await stage.rounds.report
            #expect(stage.isWitnessed(8) && report.unmet == nil && report.witnessed == 8)
            #expect(report.lines.map(\.seconds) == [0, 90, 0])
            #expect(report.lines.map(\.problem) == [nil, "unreachable", nil])
            #expect(stage.refusals.withLock { $0.isEmpty })
        }
    }

    @Test func `say since when no quorum is met`() async throws {
        try await Stage.run(quorum: 3) { stage in
            await stage.offer(5)
            try await stage.until("witnessed") { stage.isWitnessed(5) }
            stage.witnesses[2].conduct.withLock { $0 = .status(500) }
            await stage.offer(6)
            try await stage.until("two cosigned") { await stage.rounds.report.lines.map(\.entries) == [0, 0, 1] }
            stage.time.withLock { $0 = Timestamp(microseconds: $0.microseconds + 70_000_000) }
            #expect(await stage.rounds.report.unmet == 70)
            // It comes back by itself.
            stage.witnesses[2].conduct.withLock { $0 = .honest }
            try await stage.until("witnessed") { stage.isWitnessed(6) }
            #expect(await stage.rounds.report.unmet == nil)
        }
    }

    @Test func `begin where a witness says that it is`() async throws {
        try await Stage.run { stage in
            for witness in stage.witnesses {
                witness.cosigned.withLock {
                    $0 = Checkpoint(origin: stage.log.name, size: 4, root: Stage.tree(4).root)
                }
            }
            await stage.offer(9)
            // The others may make the quorum before this one was asked.
            try await stage.until("asked again") { stage.witnesses[0].requests.withLock { $0.map(\.old) } == [0, 4] }
            try await stage.until("witnessed") { stage.isWitnessed(9) }
        }
    }

    @Test(arguments: [(400, "malformed"), (403, "untrusted"), (404, "unknown-log"), (422, "inconsistent")])
    func `tell once that a witness refuses`(status: Int, detail: String) async throws {
        try await Stage.run { stage in
            stage.witnesses[0].conduct.withLock { $0 = .status(status) }
            for size in 5...8 as ClosedRange<UInt64> {
                await stage.offer(size)
                try await stage.until("witnessed") { stage.isWitnessed(size) }
            }
            let told = stage.refusals.withLock { $0 }
            #expect(told.count == 1 && told.first?.witness == "witness.example/1")
            #expect(told.first?.status == Int64(status) && told.first?.detail == detail)
            try await stage.until("a problem") { await stage.rounds.report.lines.first?.problem == detail }
        }
    }

    @Test func `tell that a witness knows a larger tree than there ever was`() async throws {
        try await Stage.run { stage in
            stage.witnesses[0].conduct.withLock { $0 = .names(50) }
            await stage.offer(5)
            try await stage.until("told") { stage.refusals.withLock { $0.map(\.detail) } == ["ahead"] }
        }
    }

    @Test func `take a larger size as another process' doing when it was released`() async throws {
        try await Stage.run { stage in
            stage.witnesses[0].conduct.withLock { $0 = .names(50) }
            stage.released.withLock { $0 = 50 }
            await stage.offer(5)
            try await stage.until("witnessed") { stage.isWitnessed(5) }
            #expect(stage.refusals.withLock { $0.isEmpty })
            #expect(await stage.rounds.report.lines.first?.problem == nil)
        }
    }

    @Test func `tell that a witness forgot what it cosigned, and prove it again`() async throws {
        try await Stage.run { stage in
            await stage.offer(5)
            try await stage.until("all") { await stage.rounds.report.lines.allSatisfy { $0.entries == 0 } }
            stage.witnesses[0].cosigned.withLock { $0 = nil }
            await stage.offer(9)
            try await stage.until("all again") { await stage.rounds.report.lines.allSatisfy { $0.entries == 0 } }
            #expect(stage.refusals.withLock { $0.map(\.detail) } == ["rolled-back"])
            #expect(stage.witnesses[0].cosigned.withLock { $0?.size } == 9)
        }
    }

    @Test func `believe no cosignature that does not hold`() async throws {
        try await Stage.run { stage in
            stage.witnesses[0].conduct.withLock { $0 = .forges }
            await stage.offer(5)
            try await stage.until("witnessed") { stage.isWitnessed(5) }
            let keys = [stage.witnesses[0].cosigner.verifierKey]
            #expect(throws: LedgerError.self) { try stage.witnessed.withLock { $0 }?.verify(with: keys) }
            try await stage.until("a problem") { await stage.rounds.report.lines.first?.problem == "answer-invalid" }
        }
    }

    @Test(arguments: [(200, ""), (200, "no\n"), (409, "5\n"), (503, "")])
    func `survive answers that are none`(status: Int, text: String) async throws {
        try await Stage.run { stage in
            stage.witnesses[0].conduct.withLock { $0 = .status(status, text) }
            await stage.offer(5)
            try await stage.until("witnessed") { stage.isWitnessed(5) }
            try await stage.until("a problem") { await stage.rounds.report.lines.first?.problem != nil }
        }
    }

    @Test func `never make the log wait`() async throws {
        try await Stage.run { stage in
            for witness in stage.witnesses { witness.conduct.withLock { $0 = .slow(.milliseconds(500)) } }
            let begun = ContinuousClock.now
            for size in 1...20 as ClosedRange<UInt64> { await stage.offer(size) }
            #expect(begun.duration(to: .now) < .milliseconds(400))
            // The newest of them is cosigned, though most were passed over.
            try await stage.until("witnessed") { stage.isWitnessed(20) }
            #expect(stage.witnesses[0].requests.withLock { $0.count } <= 3)
        }
    }
}

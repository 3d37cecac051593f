import Foundation
import StorageTestSupport
import TestSupport
import Testing

/// Two processes on one log, each ended by SIGKILL at a step that it has just taken.
///
/// `CXRLEDGER_CRASH_ROUNDS` asks for more than the usual one round for each step.
@Suite(.serialized) struct `When processes are killed` {
    static let rounds = ProcessInfo.processInfo.environment["CXRLEDGER_CRASH_ROUNDS"].flatMap(UInt64.init) ?? 1
    static let cases = (0..<rounds).flatMap { round in CrashLog.steps.map { ($0, round) } }

    @Test(arguments: cases) func `there is one root for each size, and all that was acknowledged`(
        step: String, round: UInt64
    ) async throws {
        var random = SplitMix64(seed: round)
        let log = try CrashRound()
        var asked: [String] = []
        for turn in 0..<3 {
            asked.append("turn\(turn)")
            let other = CrashLog.steps.randomElement(using: &random) ?? step
            let deaths = [
                CrashRound.Death(step: step, count: Int.random(in: 1...4, using: &random)),
                turn == 1 ? .none : .init(step: other, count: Int.random(in: 1...9, using: &random)),
            ]
            #expect(try await log.live(deaths, asking: asked) >= 1)
            try await log.check()
        }
        #expect(try await log.live([.none, .none], asking: asked) == 0)
        try await log.check()
    }

    /// The second process runs on a copy of the database that was made before, under the same lock: whichever of the two
    /// releases first ends the other.
    @Test(arguments: cases) func `beside a restored copy, there still is one root for each size`(
        step: String, round: UInt64
    ) async throws {
        var random = SplitMix64(seed: round)
        let log = try CrashRound()
        _ = try await log.live([.none, .none], asking: ["begin"])
        try log.copyDatabase(as: "copy.db")
        for turn in 0..<2 {
            let deaths = (0..<2).map { _ in
                CrashRound.Death(step: step, count: Int.random(in: 1...3, using: &random))
            }
            _ = try await log.live(deaths, databases: ["log.db", "copy.db"], asking: ["turn\(turn)"])
            try await log.check(databases: ["log.db", "copy.db"], countingSigned: false)
        }
        _ = try await log.live([.none, .none], databases: ["log.db", "copy.db"], asking: ["end"])
        try await log.check(databases: ["log.db", "copy.db"], countingSigned: false)
    }
}

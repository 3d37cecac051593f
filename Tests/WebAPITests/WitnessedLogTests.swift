import Crypto
import Foundation
import HTTPClient
import Ledger
import SQLiteStorage
import Service
import Testing
import WebAPI

/// A running service and two witnesses of its log on this machine.
@Suite struct `A log with witnesses` {
    private static func witness(_ name: String, _ folder: String, log: VerifierKey) throws -> WitnessService {
        _ = try WitnessIdentity.create(in: folder, name: name)
        try Data("log \(log)\nquorum none\n".utf8).write(to: URL(filePath: folder + "/logs.policy"))
        let service = try WitnessService(folder: folder, policy: folder + "/logs.policy", host: "127.0.0.1", port: 0)
        try service.start()
        return service
    }

    @Test func `has its published checkpoints cosigned, and says so`() async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/witnessed-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let policy = folder + "/policy"
        var witnesses: [WitnessService] = []
        try await RunningService.run { running in
            let key = try VerifierKey(String(try await running.get("/v1/log/vkey").text.dropLast()))
            let without = try await running.get("/v1/log/witnessed")
            #expect(without.status == 404 && without.code == "not-witnessed")
            witnesses = try ["one", "two"].map { try Self.witness("\($0).example", "\(folder)/\($0)", log: key) }
            let lines = witnesses.enumerated().map { "witness w\($0) \($1.verifierKey) http://127.0.0.1:\($1.port)" }
            let text = (lines + ["group all all w0 w1", "quorum all", ""]).joined(separator: "\n")
            try Data(text.utf8).write(to: URL(filePath: policy))
            // The log's key is known only once there is a log, so a second process has the policy.
            var settings = running.application.settings
            settings.policy = policy
            let backend = SQLiteBackend(database: settings.home + "/cxrledger.db", home: settings.home)
            let (application, _) = try await Application.open(settings, backend: backend)
            try await application.start()
            let file = settings.home + "/witnessed"
            for _ in 0..<300 where !FileManager.default.fileExists(atPath: file) {
                try await Task.sleep(for: .milliseconds(50))
            }
            let note = try SignedNote(parsing: String(contentsOfFile: file, encoding: .utf8))
            let verdict = try Policy(parsing: Array(text.utf8)).check(note, known: [key])
            #expect(verdict.isQuorumMet && verdict.cosigners.count == 2)
            let context = RequestContext(.operatingSystem(user: "test"), from: .init(correlation: "test"))
            let shown = try SignedNote(parsing: try await application.witnessedCheckpoint(context))
            #expect(try Policy(parsing: Array(text.utf8)).check(shown, known: [key]).isQuorumMet)
            #expect(await application.health().checks["witnesses"]?.status == "healthy")
            let metrics = await application.exposition()
            for name in ["one.example", "two.example"] {
                #expect(metrics.contains("cxrledger_witness_lag_entries{witness=\"\(name)\"}"))
            }
            await application.stop(reason: "the test is over")
        }
        for witness in witnesses { await witness.stop(grace: .zero) }
    }
}

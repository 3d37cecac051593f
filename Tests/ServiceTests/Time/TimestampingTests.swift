import Concurrency
import Crypto
import Foundation
import Ledger
import Records
import Storage
import TestSupport
import Testing

@testable import Service

@Suite struct `Time stamps of checkpoints` {
    private func bench(
        _ server: AuthorityServer, interval: Int = 3_600, change: (inout Settings) -> Void = { _ in }
    ) async throws -> Workbench {
        try await Workbench { settings in
            settings.timestampURL = server.url
            settings.timestampCA = server.authority.folder + "/ca.pem"
            settings.timestampInterval = interval
            change(&settings)
        }
    }

    /// The recorded stamps, each verified as a stranger would.
    private func stamps(_ bench: Workbench, _ server: AuthorityServer) async throws -> [CheckpointTimestamped] {
        let entries = try await bench.application.log.read { reader throws(StorageError) in
            try reader.stream("publication", from: 0, limit: 100)
        }
        let trusted = try TimestampAuthorities(pem: try server.authority.root)
        return try entries.map { entry in
            guard case .known(.checkpointTimestamped(let event)) = try LoggedEvent(entry).fact else {
                throw StorageError(.corrupt)
            }
            let stamp = try CheckpointStamp(
                checkpoint: event.checkpoint, token: event.token, size: event.size, root: event.root)
            #expect(try stamp.verify(authorities: trusted).description == event.time)
            #expect(stamp.checkpoint.origin == bench.application.origin && event.size <= entry.index)
            return event
        }
    }

    @Test func `are taken, verified and recorded`() async throws {
        try await AuthorityServer.run { server in
            let bench = try await bench(server)
            defer { bench.remove() }
            let view = try await bench.application.stamp(bench.administrator)
            let recorded = try await stamps(bench, server)
            #expect(recorded.count == 1 && recorded.first?.time == view.time && recorded.first?.size == view.size)
            // Neither password nor query stand in the log for ever.
            #expect(recorded.first?.authority.hasSuffix("/stamp") == true)
            #expect(recorded.first?.authority.contains("secret") == false)
            let report = try await bench.verify()
            #expect(report.ok && report.checks.first { $0.name == "time stamps" }?.verdict == "passed")
            var settings = bench.settings
            settings.timestampCA = nil
            let unknown = try await Workbench.verify(settings)
            #expect(unknown.ok && unknown.checks.first { $0.name == "time stamps" }?.verdict == "not checked")
            try await AuthorityServer.run { other in
                settings.timestampCA = other.authority.folder + "/ca.pem"
                let foreign = try await Workbench.verify(settings)
                #expect(foreign.findings.map(\.code) == ["stamp"] && foreign.findings.map(\.index) == [view.size])
            }
        }
    }

    @Test func `are found out when they are over another tree`() async throws {
        try await AuthorityServer.run { server in
            let bench = try await bench(server)
            defer { bench.remove() }
            let event = try await #require(TimestampAuthority(bench.settings)).stamp(
                "x\n1\n\(Base64.encode(Digest.zero.bytes))\n\n— x AAAAAAA=\n",
                Checkpoint(origin: "x", size: 1, root: .zero))
            try await bench.application.note(
                .checkpointTimestamped(event), in: "publication", bench.application.systemContext())
            #expect(try await bench.verify().findings.map(\.code) == ["stamp"])
        }
    }

    @Test func `come by themselves at the start, after a change of models, and not again while nothing happens`()
        async throws
    {
        try await AuthorityServer.run { server in
            let bench = try await bench(server)
            defer { bench.remove() }
            try await bench.application.start()
            func wait(for count: Int) async throws {
                for _ in 0..<400 where server.stamps.withLock({ $0 }) < count {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(server.stamps.withLock { $0 } == count)
            }
            try await wait(for: 1)
            try await Task.sleep(for: .seconds(5))
            #expect(server.stamps.withLock { $0 } == 1)
            let models = try await bench.application.models(bench.administrator)
            let digest = try #require(models.active)
            _ = try await bench.application.changeThreshold(
                of: digest, to: "0.75", reason: "a test", bench.administrator)
            try await wait(for: 2)
            #expect(await bench.application.health().checks["timestamps"]?.status == "healthy")
            // It is recorded after it was given, and a stop does not wait for that.
            for _ in 0..<400 where try await stamps(bench, server).count < 2 {
                try await Task.sleep(for: .milliseconds(50))
            }
            await bench.application.stop(reason: "the test is over")
            #expect(try await stamps(bench, server).count == 2)
        }
    }

    @Test func `come before a backup, which does not depend on them`() async throws {
        try await AuthorityServer.run { server in
            let bench = try await bench(server)
            defer { bench.remove() }
            let first = try await bench.application.backup(to: nil, bench.administrator)
            let recorded = try await stamps(bench, server)
            #expect(recorded.count == 1 && recorded[0].size < first.size)
            server.failure.withLock { $0 = 500 }
            _ = try await bench.application.backup(to: nil, bench.administrator)
            #expect(try await stamps(bench, server).count == 1)
            let health = await bench.application.health().checks["timestamps"]
            #expect(health?.status == "degraded" && health?.message.contains("tsa-status") == true)
            #expect(
                await bench.application.exposition().contains(
                    "cxrledger_timestamp_failures_total{code=\"tsa-status\"} 1"))
        }
    }

    @Test func `are not recorded when nobody who is trusted signed them`() async throws {
        try await AuthorityServer.run { server in
            try await AuthorityServer.run { other in
                let bench = try await bench(server) { $0.timestampCA = other.authority.folder + "/ca.pem" }
                defer { bench.remove() }
                await #expect(throws: ServiceError(.unavailable, "tsa-untrusted", "")) {
                    try await bench.application.stamp(bench.administrator)
                }
                #expect(try await stamps(bench, server).isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:1/", "tsa-unreachable"), ("http://127.0.0.1:1/ x", "tsa-invalid-request"),
    ]) func `fail with a reason`(url: String, code: String) async throws {
        let bench = try await Workbench { $0.timestampURL = url }
        defer { bench.remove() }
        await #expect(throws: ServiceError(.unavailable, code, "")) {
            try await bench.application.stamp(bench.administrator)
        }
    }

    @Test func `need an authority, and its certificates`() async throws {
        let bench = try await Workbench { $0.timestampCA = "/nowhere.pem" }
        defer { bench.remove() }
        await #expect(throws: ServiceError(.invalid, "tsa-off", "")) {
            try await bench.application.stamp(bench.administrator)
        }
        let other = try await Workbench { settings in
            (settings.timestampURL, settings.timestampCA) = ("http://127.0.0.1:1/", "/nowhere.pem")
        }
        defer { other.remove() }
        await #expect(throws: ServiceError(.invalid, "stamp-ca", "")) {
            try await other.application.stamp(other.administrator)
        }
        await #expect(throws: ServiceError(.invalid, "stamp-ca", "")) { try await other.application.start() }
    }

    @Test(arguments: [
        ("https://tsa.example/a/b", "https://tsa.example/a/b"),
        ("https://u:p@tsa.example/a?k=1#f", "https://tsa.example/a"),
        ("http://tsa.example:80", "http://tsa.example:80"), ("http://u@tsa.example", "http://tsa.example"),
        ("http://tsa.example/a@b", "http://tsa.example/a@b"),
    ]) func `name their authority without its secrets`(url: String, name: String) {
        #expect(TimestampAuthority.publicPart(of: url) == name)
    }
}

import Foundation
import Ledger
import Records
import Storage
import Testing

@testable import Service

@Suite struct `A verification of one aspect` {
    private static let modes: [VerificationMode] = [.tree, .signatures, .sample(200)]

    private func run(
        _ mode: VerificationMode, _ bench: Workbench, resume: String? = nil
    ) async throws -> VerificationReport {
        let backend = Workbench.backend(bench.settings, isReadOnly: true)
        return try await StoreVerification.run(mode, settings: bench.settings, backend: backend, resume: resume) {
            _, _ in
        }
    }

    private func filled() async throws -> Workbench {
        let bench = try await Workbench()
        try await bench.application.start()
        _ = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator)
        return bench
    }

    @Test(arguments: modes) func `passes a sound log and names what it did not look at`(
        mode: VerificationMode
    ) async throws {
        let bench = try await filled()
        defer { bench.remove() }
        let report = try await run(mode, bench)
        #expect(report.ok && report.mode == mode.name && report.size > 5)
        #expect(report.checks.contains { $0.verdict == "passed" })
        #expect(report.checks.contains { $0.name == "secrets" && $0.verdict == "not checked" })
    }

    @Test(arguments: modes) func `finds an entry that was changed`(mode: VerificationMode) async throws {
        let bench = try await filled()
        defer { bench.remove() }
        try bench.tamperWithEntries(
            "UPDATE entries SET entry = CAST(replace(entry, 'ServiceStarted', 'ServiceStarteD') AS BLOB) WHERE idx = 2")
        #expect(try await !run(mode, bench).ok)
    }

    @Test(arguments: [VerificationMode.tree, .signatures]) func `finds an entry that is gone`(
        mode: VerificationMode
    ) async throws {
        let bench = try await filled()
        defer { bench.remove() }
        try bench.tamperWithEntries("DELETE FROM entries WHERE idx = 3")
        let report = try await run(mode, bench)
        #expect(report.findings.map(\.code) == ["missing"] && report.findings[0].index == 3)
    }

    @Test(arguments: modes) func `finds a log that is behind its lock`(mode: VerificationMode) async throws {
        let bench = try await filled()
        defer { bench.remove() }
        let lock = try FileCheckpointLock(path: bench.settings.lock)
        let key = try #require(try KeyFile.read(bench.settings.home + "/keys/checkpoint.key"))
        let later = Checkpoint(origin: bench.application.origin, size: 1_000, root: Merkle.emptyRoot)
        _ = try lock.advance(from: lock.current(), to: later.sign(by: key))
        let codes = try await run(mode, bench).findings.map(\.code)
        #expect(mode == .signatures ? codes == [] : codes == ["behind"])
    }

    @Test(arguments: [VerificationMode.tree, .signatures]) func `goes on where it was interrupted`(
        mode: VerificationMode
    ) async throws {
        let bench = try await filled()
        defer { bench.remove() }
        let file = bench.settings.home + "/verified"
        let first = try await run(mode, bench, resume: file)
        #expect(first.ok && first.checks.allSatisfy { $0.name != "earlier runs" })
        _ = try await bench.application.predict(.init(image: try Workbench.xray(1)), bench.administrator)
        let second = try await run(mode, bench, resume: file)
        #expect(second.ok && second.size > first.size)
        let earlier = try #require(second.checks.first { $0.name == "earlier runs" })
        #expect(earlier.detail.contains("before index \(first.size)"))
        // What it passed over is found by the next whole one; what is new, at once.
        try bench.tamperWithEntries("UPDATE entries SET entry = substr(entry, 1, 200) WHERE idx = \(second.size - 1)")
        #expect(try await run(mode, bench, resume: file).ok)
        #expect(try await !run(mode, bench).ok)
    }

    @Test func `refuses to go on by a file that is damaged, or of another mode`() async throws {
        let bench = try await filled()
        defer { bench.remove() }
        let file = bench.settings.home + "/verified"
        _ = try await run(.tree, bench, resume: file)
        let error = await #expect(throws: ServiceError.self) { try await run(.signatures, bench, resume: file) }
        #expect(error?.code == "resume-unusable")
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: file))
        await #expect(throws: ServiceError.self) { try await run(.tree, bench, resume: file) }
    }

    @Test func `takes every entry once when the sample is as large as the log`() {
        #expect(ScaleVerification.sample(64, of: 64) == Array(0..<64))
        #expect(ScaleVerification.sample(1_000, of: 7) == Array(0..<7) && ScaleVerification.sample(5, of: 0).isEmpty)
        let some = ScaleVerification.sample(63, of: 64)
        #expect(Set(some).count == 63 && some.allSatisfy { $0 < 64 })
        #expect(ScaleVerification.statement(count: 1_000, size: 7) == "all 7 entries")
    }

    @Test func `says how sure a sample makes`() {
        #expect(
            ScaleVerification.statement(count: 299, size: 1_000_000)
                == "299 of 1000000 entries at random: with 95 % confidence at most 9970 of them are wrong")
    }
}

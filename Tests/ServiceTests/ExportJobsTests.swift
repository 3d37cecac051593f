import Foundation
import Testing

@testable import Service

@Suite struct `An export that another instance began` {
    /// Waits until it is done.
    private func done(_ export: String, in bench: Workbench) async throws -> ExportStatus {
        while true {
            let status = try await bench.application.exportStatus(export, bench.administrator)
            if status.state == "done" { return status }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test(.timeLimit(.minutes(1))) func `is told of while it is written there, and gone on with when it no longer is`()
        async throws
    {
        let bench = try await Workbench.withRecords()
        let (state, folder) = try await bench.application.prepareExport(
            ExportRequest(), into: bench.settings.exports, bench.administrator)
        let export = state.plan.export
        let writer = try #require(try ExportLock(folder))
        for _ in 0..<5 {
            #expect(try await bench.application.exportStatus(export, bench.administrator).state == "running")
            try await Task.sleep(for: .milliseconds(20))
        }
        bench.application.resumeExports()  // as one that starts meanwhile does
        try await Task.sleep(for: .milliseconds(100))
        #expect(FileManager.default.fileExists(atPath: folder))
        writer.release()
        let status = try await done(export, in: bench)
        #expect(status.entries == state.plan.range.upperBound && status.archive != nil)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}

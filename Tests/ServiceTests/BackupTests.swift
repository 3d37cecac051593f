import Foundation
import Service
import Testing

@Suite struct `A backup` {
    @Test func `is restored by replay into an empty home, and the log goes on when the lock survived`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let image = try Workbench.xray()
        let id = try await bench.application.predict(.init(image: image, patient: "P-1"), bench.administrator).view.id
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        // The backup itself is an event; a second one that nothing follows stands at the lock's size but for that.
        let elsewhere = bench.folder.appending(path: "elsewhere").path()
        var settings = bench.settings
        settings.home = elsewhere
        settings.lock = elsewhere + "/lock/checkpoint"
        let report = try await Restore.run(
            from: backup.path, secrets: nil, lock: nil, into: settings, backend: Workbench.backend(settings)
        ) { _, _ in }
        #expect(report.state == "read-only")
        #expect(report.root == backup.root)
        let (restored, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        #expect(restored.origin == bench.application.origin)
        let verification = try await StoreVerification.run(
            settings: settings, backend: Workbench.backend(settings)) { _, _ in }
        #expect(verification.findings == [])
        _ = id
    }
}

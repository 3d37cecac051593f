import Foundation
import SQLiteStorage
import Service
import Storage
import Synchronization

/// An application in a fresh folder, on SQLite, with the shipped model.
struct Workbench {
    let folder: URL
    let settings: Settings
    let application: Application
    let administratorKey: String?

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    init(folder: URL? = nil, change: (inout Settings) -> Void = { _ in }) async throws {
        self.folder = folder ?? FileManager.default.temporaryDirectory.appending(path: "cxr-\(UUID().uuidString)")
        var settings = Settings()
        settings.home = self.folder.path() + (self.folder.path().hasSuffix("/") ? "home" : "/home")
        settings.lock = settings.home + "/lock/checkpoint"
        // Nothing goes on in the background but what a test is about.
        (settings.tlogFolder, settings.scrubRate) = ("", 0)
        settings.databaseURL = "sqlite:///" + settings.home + "/cxrledger.db"
        settings.modelPath = Self.repository.appending(path: "saved_models/pneumonia_cnn_v1.keras").path()
        settings.backups = self.folder.appending(path: "backups").path()
        settings.logFile = self.folder.appending(path: "application.log").path()
        change(&settings)
        self.settings = settings
        (application, administratorKey) = try await Application.open(settings, backend: Self.backend(settings))
    }

    static func backend(_ settings: Settings, isReadOnly: Bool = false) -> SQLiteBackend {
        SQLiteBackend(database: settings.home + "/cxrledger.db", home: settings.home, isReadOnly: isReadOnly)
    }

    /// Somebody with every permission.
    var administrator: RequestContext {
        RequestContext(.operatingSystem(user: "test"), from: .init(correlation: UUID().uuidString))
    }

    /// The bytes of a committed X-ray.
    static func xray(_ number: Int = 0) throws -> [UInt8] {
        let folder = repository.appending(path: "Tests/Fixtures/xrays")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".jpeg") }
            .sorted()
        return [UInt8](try Data(contentsOf: folder.appending(path: files[number % files.count])))
    }

    func verify() async throws -> VerificationReport { try await Self.verify(settings) }

    static func verify(_ settings: Settings) async throws -> VerificationReport {
        try await StoreVerification.run(settings: settings, backend: backend(settings, isReadOnly: true)) { _, _ in }
    }

    /// The settings of a second home beside the first.
    var restored: Settings {
        var settings = settings
        settings.home = folder.appending(path: "restored").path()
        settings.lock = settings.home + "/lock/checkpoint"
        return settings
    }

    func restore(
        _ backup: BackupView, lock: String?, backend: (any StorageBackend)? = nil
    ) async throws -> (settings: Settings, report: RestoreReport) {
        let settings = restored
        let report = try await Restore.run(
            from: backup.path, secrets: nil, lock: lock, into: settings,
            backend: backend ?? Self.backend(settings)
        ) { _, _ in }
        return (settings, report)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}

import Foundation
import Service
import Testing

@testable import cxrledger

@Suite struct `What this machine says of the settings` {
    private let folder = FileManager.default.temporaryDirectory.path + "/cxrledger-\(UUID().uuidString)"

    private func problems(_ changes: [String: String] = [:]) async throws -> [SettingsError.Problem] {
        let model = folder + "/model.keras"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(FileManager.default.createFile(atPath: model, contents: nil))
        let usable = ["CXRLEDGER_HOME": folder + "/home", "LOG_FILE": folder + "/logs/log", "MODEL_PATH": model]
        let settings = try Settings(flags: usable.merging(changes) { $1 }, environment: [:], file: [:])
        let found = await SettingJudgement.problems(of: settings)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.keras"])
        return found
    }

    @Test func `is nothing when they can be used, and nothing stays behind`() async throws {
        #expect(try await problems() == [])
        #expect(try await problems(["API_HOST": "0.0.0.0", "LOG_FILE": "/dev/null"]) == [])
    }

    @Test(arguments: [
        ("API_HOST", "999.1.1.1"), ("API_HOST", "192.0.2.1"), ("LOG_FILE", "/proc/x"), ("LOG_FILE", "/dev/null/x"),
        ("CXRLEDGER_LOCK", "/proc/x"), ("CXRLEDGER_HOME", "/dev/null"), ("MODEL_PATH", "nowhere.keras"),
        ("DATABASE_URL", "sqlite:////tmp"), ("DATABASE_URL", "postgresql://db/x"),
        ("DATABASE_READ_URL", "postgresql://db/x"),
    ])
    func `names each that cannot be used, with why and an example`(name: String, value: String) async throws {
        let found = try await problems([name: value])
        #expect(found.contains { $0.name == name && !$0.reason.isEmpty && !$0.example.isEmpty }, "\(found)")
        #expect(SettingsError(problems: found).description.contains("Example: \(name)="))
    }
}

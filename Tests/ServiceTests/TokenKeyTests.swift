import Foundation
import Records
import TestSupport
import Testing

@testable import Service

/// Keys on SoftHSM, through the whole service.
@Suite(.serialized) struct `Keys on a token` {
    @Test func `sign the log, and stay on it`() async throws {
        let label = try SoftToken.make()
        let folder = FileManager.default.temporaryDirectory.appending(path: "cxr-\(UUID().uuidString)")
        let pin = folder.path() + "/pin"
        try SmallFile.makeFolder(folder.path())
        try SmallFile.write(Array("4711\n".utf8), to: pin)
        func open(_ change: (inout Settings) -> Void = { _ in }) async throws -> Workbench {
            try await Workbench(folder: folder) {
                $0.keyAccess.module = SoftToken.module
                $0.keyAccess.pinFile = pin
                change(&$0)
            }
        }
        let bench = try await open()
        defer { bench.remove() }
        var rotation = KeyRotation()
        rotation.token = label
        let list = try await bench.application.rotateKeys(rotation, bench.administrator)
        #expect(list.keys.suffix(2).allSatisfy { $0.kept == "token" && $0.state == "current" })
        for name in ["event", "checkpoint"] {
            let bytes = try #require(try SmallFile.read("\(bench.settings.home)/keys/\(name).key"))
            #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("pkcs11:token=\(label);object=\(name)-"))
        }
        let again = try await open()
        for number in 0..<5 {
            _ = try await again.application.issue(role: .auditor, name: "n\(number)", again.administrator)
        }
        #expect(try await again.verify().ok)
        _ = try await again.application.rotateKeys(rotation, again.administrator)
        #expect(try await again.verify().ok)
        // Without the token the log is read, and nothing is recorded.
        let without = try await open { $0.keyAccess.module = "/nonexistent.so" }
        let refusal = await #expect(throws: ServiceError.self) {
            try await without.application.issue(role: .auditor, name: "no", without.administrator)
        }
        #expect(refusal?.code == "token-module")
        // The root alone leads back to files.
        #expect(try await without.application.rotateKeys(KeyRotation(), without.administrator).keys.count == 8)
        let back = try await open { $0.keyAccess = KeyAccess() }
        _ = try await back.application.issue(role: .auditor, name: "yes", back.administrator)
        #expect(try await back.verify().ok)
    }
}

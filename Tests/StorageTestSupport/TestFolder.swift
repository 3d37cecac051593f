import Concurrency
import Foundation

/// A fresh directory, removed when the tests are over: stores refuse files that are gone.
public final class TestFolder: Sendable {
    private static let made: Locked<[String]> = {
        atexit { TestFolder.removeAll() }
        return Locked([])
    }()

    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "cxr-storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path()
        Self.made.withLock { $0.append(path) }
    }

    private static func removeAll() {
        for path in made.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}

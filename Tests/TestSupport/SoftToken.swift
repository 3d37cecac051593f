import Foundation
import Synchronization

/// A fresh token of SoftHSM; the module reads its configuration once, so all tests of a process share one folder.
public enum SoftToken {
    public static let module = "/usr/lib/softhsm/libsofthsm2.so"
    public static let pin = "4711"

    private static let count = 8
    private static let given = Atomic<Int>(0)

    /// All are made before the module is loaded, which would not see those that come later.
    private static let labels: [String] = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "softhsm-\(UUID())")
        let tokens = folder.appending(path: "tokens")
        let configuration = folder.appending(path: "softhsm2.conf")
        try? FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: true)
        try? "directories.tokendir = \(tokens.path())\nobjectstore.backend = file\n"
            .write(to: configuration, atomically: true, encoding: .utf8)
        unsafe setenv("SOFTHSM2_CONF", configuration.path(), 1)
        return (0..<count).compactMap { number in
            let label = "test-\(number)-\(UUID().uuidString.prefix(8))"
            return (try? initialise(label)) ?? false ? label : nil
        }
    }()

    /// Gives the label of a token that nobody has used yet.
    public static func make() throws -> String {
        let number = given.add(1, ordering: .relaxed).oldValue
        guard number < labels.count else { throw CocoaError(.fileNoSuchFile) }
        return labels[number]
    }

    private static func initialise(_ label: String) throws -> Bool {
        let tool = Process()
        tool.executableURL = URL(filePath: "/usr/bin/softhsm2-util")
        tool.arguments = ["--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "0815"]
        tool.standardOutput = FileHandle.nullDevice
        try tool.run()
        tool.waitUntilExit()
        return tool.terminationStatus == 0
    }
}

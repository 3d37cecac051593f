import Foundation
import Testing

@testable import cxrledger

@Suite struct `The lock that a restore goes on with` {
    private let folder = FileManager.default.temporaryDirectory.path + "/cxrledger-\(UUID().uuidString)"

    private func lock(_ environment: [String: String], flag: String? = nil) throws -> String? {
        var arguments = Arguments(command: ["restore"], operands: ["backup"])
        arguments.flags["lock"] = flag.map { [$0] }
        let console = Console(environment: [:], flags: ["quiet"])
        return try RestoreStore.survivingLock(Invocation(arguments, environment: environment, console: console))
    }

    /// A home, with a log in it or not, and a lock beside it.
    private func withPlaces(log: Bool, _ body: (_ home: String, _ lock: String) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder + "/old/keys", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for file in ["/lock"] + (log ? ["/old/keys/origin"] : []) {
            #expect(FileManager.default.createFile(atPath: folder + file, contents: nil))
        }
        try body(folder + "/old", folder + "/lock")
    }

    @Test func `is the one of the settings when their log is gone`() throws {
        try withPlaces(log: false) { home, lock in
            let taken = try self.lock(["CXRLEDGER_HOME": home, "CXRLEDGER_LOCK": lock])
            #expect(taken == lock)
        }
    }

    @Test func `is never taken from a log that is there`() throws {
        try withPlaces(log: true) { home, lock in
            let taken = try self.lock(["CXRLEDGER_HOME": home, "CXRLEDGER_LOCK": lock])
            #expect(taken == nil)
        }
    }

    @Test func `is the one that the flag names, whatever the settings say`() throws {
        try withPlaces(log: true) { home, lock in
            let taken = try self.lock(["CXRLEDGER_HOME": home, "CXRLEDGER_LOCK": lock], flag: "other")
            #expect(taken == "other")
        }
    }

    @Test func `is none when nothing names one that is there`() throws {
        #expect(try lock([:]) == nil)
        #expect(try lock(["CXRLEDGER_LOCK": folder + "/nowhere"]) == nil)
    }
}

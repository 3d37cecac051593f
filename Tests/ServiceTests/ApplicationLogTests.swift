import Foundation
import Testing

@testable import Service

@Suite struct `The service's own log` {
    private let path = FileManager.default.temporaryDirectory.path + "/cxrledger-\(UUID().uuidString).log"

    private func lines(after start: String) throws -> [Substring] {
        try start.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try ApplicationLog(path: path, level: .info)
        for message in ["one", "two"] { log.write(.info, message) }
        return try String(contentsOfFile: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
    }

    @Test func `begins a new line behind one that a full disk cut`() throws {
        let lines = try lines(after: "{\"whole\":1}\n{\"level\":\"IN")
        #expect(lines.prefix(2) == ["{\"whole\":1}", "{\"level\":\"IN"])
        #expect(lines.count == 5 && lines[2].contains("one") && lines[3].contains("two") && lines[4].isEmpty)
    }

    @Test(arguments: ["", "{}\n"]) func `has no empty lines otherwise`(start: String) throws {
        let lines = try lines(after: start)
        #expect(lines.filter(\.isEmpty).count == 1 && lines.last?.isEmpty == true)
    }

    @Test func `is rotated once when two instances write it`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cxrledger-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/application.log"
        let logs = [try ApplicationLog(path: path, level: .info), try ApplicationLog(path: path, level: .info)]
        let text = String(repeating: "x", count: 1 << 20)
        for number in 0..<12 { logs[number % 2].write(.info, "\(number) \(text)") }
        for log in logs { log.write(.info, "last") }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "application.log", "application.log.1",
            ])
        #expect(try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\"last\"").count == 3)
    }
}

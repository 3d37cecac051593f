import Foundation
import Testing

@testable import cxrledger

@Suite struct `Pictures named on the command line` {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cli-\(UUID().uuidString)").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder + "/sub/.hidden", withIntermediateDirectories: true)
        for name in ["b.PNG", "a.jpg", "notes.txt", "sub/c.jpeg", "sub/.hidden/d.png"] {
            try Data([0]).write(to: URL(filePath: "\(folder)/\(name)"))
        }
    }

    @Test func `are all below a folder, in order, without hidden ones`() throws {
        let files = try ImageFiles([folder + "/"])
        #expect(files.paths == ["a.jpg", "b.PNG", "sub/c.jpeg"].map { "\(folder)/\($0)" })
        #expect(files.skipped == 1 && !files.isSingle)
    }

    @Test func `are what a pattern matches`() throws {
        #expect(try ImageFiles(["\(folder)/*.jpg"]).paths == ["\(folder)/a.jpg"])
    }

    @Test func `are a named file, whatever its name`() throws {
        let files = try ImageFiles(["\(folder)/notes.txt"])
        #expect(files.paths == ["\(folder)/notes.txt"] && files.isSingle)
    }

    @Test(arguments: ["nowhere.png", "*.nothing"]) func `that are not there are refused by name`(name: String) {
        #expect(throws: Failure.self) { try ImageFiles(["\(folder)/\(name)"]) }
    }

    @Test func `are read up to a limit`() throws {
        #expect(try InputFile.read(folder + "/a.jpg", limit: 1) == [0])
        let failure = #expect(throws: Failure.self) { try InputFile.read(folder + "/a.jpg", limit: 0) }
        #expect(failure?.code == "file-too-large")
        #expect(throws: Failure.self) { try InputFile.read(folder, limit: 10) }
    }
}

import Foundation
import Storage
import Testing

@Suite struct `A durable file` {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

    private func path(_ name: String) -> String { folder.path() + "/" + name }

    @Test(arguments: [0, 1, 65_535, 65_536, 300_000]) func `is read as it was written`(size: Int) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try DurableFile.makeFolder(path("a/b"))
        try DurableFile.write([1, 2, 3], to: path("a/b/file"))
        try DurableFile.write(bytes, to: path("a/b/file"))
        #expect(try DurableFile.read(path("a/b/file"), limit: size) == bytes)
        #expect(try DurableFile.names(in: path("a/b")) == ["file"])
        if size > 0 {
            #expect(throws: StorageError(.incompatible)) { try DurableFile.read(path("a/b/file"), limit: size - 1) }
        }
    }

    @Test func `that is not there is nil, and so is a folder empty`() throws {
        #expect(try DurableFile.read(path("none")) == nil)
        #expect(try DurableFile.names(in: path("none")) == [])
    }

    @Test func `leaves nothing behind when it cannot be written`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try DurableFile.makeFolder(path("taken"))
        try DurableFile.makeFolder(path("taken/inside"))
        #expect(throws: StorageError(.unavailable)) { try DurableFile.write([1], to: path("taken")) }
        #expect(throws: StorageError(.unavailable)) { try DurableFile.read(path("taken")) }
        #expect(try DurableFile.names(in: folder.path()) == ["taken"])
    }

    @Test func `lies in the folder that its path names`() {
        #expect(DurableFile.folder(of: "/a/b") == "/a")
        #expect(DurableFile.folder(of: "/a") == "/")
        #expect(DurableFile.folder(of: "a") == ".")
    }
}

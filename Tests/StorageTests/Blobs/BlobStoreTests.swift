import Crypto
import Foundation
import Storage
import StorageTestSupport
import Testing

@Suite struct `Every blob store` {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func store(_ kind: String) throws -> any BlobStore {
        kind == "file" ? FileBlobStore(folder: folder.path + "/blobs") : MemoryBlobStore()
    }

    @Test(arguments: ["memory", "file"]) func `gives back what it was given, by its digest`(kind: String) throws {
        let store = try store(kind)
        let blobs: [[UInt8]] = [[], [1, 2, 3], [UInt8](repeating: 7, count: 3_000_000)]
        for blob in blobs {
            let name = try store.put(blob)
            #expect(name == SHA256.hash(blob))
            #expect(store.contains(name))
            #expect(try store.get(name) == blob)
            #expect(try store.put(blob) == name)
        }
        #expect(Set(try store.names()) == Set(blobs.map { SHA256.hash($0) }))
        #expect(try store.names().count == 3)
    }

    @Test(arguments: ["memory", "file"]) func `says that a blob is missing`(kind: String) throws {
        let store = try store(kind)
        #expect(!store.contains(.zero))
        #expect(throws: StorageError(.missing)) { try store.get(.zero) }
        #expect(try store.names() == [])
    }

    @Test(arguments: ["memory", "file"]) func `takes one blob from many at once`(kind: String) async throws {
        let store = try store(kind)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<16 as Range<UInt8> {
                group.addTask { _ = try? store.put([UInt8](repeating: number % 4, count: 50_000)) }
            }
        }
        #expect(try store.names().count == 4)
        for name in try store.names() { #expect(try store.get(name).count == 50_000) }
    }

    @Test(arguments: [0, 500, 999]) func `in files finds a flipped bit`(position: Int) throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try store.put([UInt8](repeating: 9, count: 1_000))
        var bytes = [UInt8](repeating: 9, count: 1_000)
        bytes[position] ^= 0x10
        try Data(bytes).write(to: URL(filePath: store.path(name)))
        #expect(throws: StorageError(.corrupt)) { try store.get(name) }
    }

    @Test func `in files puts a damaged blob right when it is given it again`() throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let bytes = [UInt8](repeating: 9, count: 1_000)
        let name = try store.put(bytes)
        try Data(bytes.dropLast()).write(to: URL(filePath: store.path(name)))
        #expect(try store.put(bytes) == name)
        #expect(try store.get(name) == bytes)
    }

    @Test(arguments: [0, 999, 1_001]) func `in files finds another length`(count: Int) throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try store.put([UInt8](repeating: 9, count: 1_000))
        try Data([UInt8](repeating: 9, count: count)).write(to: URL(filePath: store.path(name)))
        #expect(throws: StorageError(.corrupt)) { try store.get(name) }
    }

    @Test func `in files passes over what a crash left, and names what is no blob`() throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try store.put([1])
        let directory = URL(filePath: store.path(name)).deletingLastPathComponent()
        try Data([2]).write(to: directory.appending(path: ".\(name.hex).1.2"))
        #expect(try store.names() == [name])
        try Data([2]).write(to: directory.appending(path: "notes.txt"))
        #expect(throws: StorageError(.corrupt)) { try store.names() }
    }

    @Test func `in files is for its owner only`() throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try store.put([1])
        for (path, mode) in [(folder.path + "/blobs", 0o700), (store.path(name), 0o600)] {
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
        }
        #expect(try FileBlobStore(folder: folder.path + "/blobs").get(name) == [1])
    }

    @Test func `in files says when the folder cannot be made`() throws {
        try Data([1]).write(to: URL(filePath: folder.path + "/file"))
        let store = FileBlobStore(folder: folder.path + "/file/blobs")
        #expect(throws: StorageError(.unavailable)) { try store.put([1]) }
    }
}

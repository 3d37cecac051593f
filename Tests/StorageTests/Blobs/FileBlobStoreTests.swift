import Crypto
import Foundation
import Storage
import StorageTestSupport
import Testing

/// What every blob store promises is tested in `ServiceTests`, where all of them are known.
@Suite struct `A blob store in files` {
    private let folder: TestFolder

    init() async throws { folder = try TestFolder() }

    @Test(arguments: [0, 500, 999]) func `finds a flipped bit`(position: Int) async throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try await store.put([UInt8](repeating: 9, count: 1_000))
        var bytes = [UInt8](repeating: 9, count: 1_000)
        bytes[position] ^= 0x10
        try Data(bytes).write(to: URL(filePath: store.place(of: name)))
        await #expect(throws: StorageError(.corrupt)) { try await store.get(name) }
    }

    @Test func `puts a damaged blob right when it is given it again`() async throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let bytes = [UInt8](repeating: 9, count: 1_000)
        let name = try await store.put(bytes)
        try Data(bytes.dropLast()).write(to: URL(filePath: store.place(of: name)))
        #expect(try await store.put(bytes) == name)
        #expect(try await store.get(name) == bytes)
    }

    @Test(arguments: [0, 999, 1_001]) func `finds another length`(count: Int) async throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try await store.put([UInt8](repeating: 9, count: 1_000))
        try Data([UInt8](repeating: 9, count: count)).write(to: URL(filePath: store.place(of: name)))
        await #expect(throws: StorageError(.corrupt)) { try await store.get(name) }
    }

    @Test func `passes over what a crash left`() async throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = SHA256.hash([1])
        let directory = URL(filePath: store.place(of: name)).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data([2]).write(to: directory.appending(path: ".\(name.hex).1.2"))
        #expect(try await !store.contains(name))
        #expect(try await store.put([1]) == name)
        #expect(try await store.get(name) == [1])
    }

    @Test func `is for its owner only`() async throws {
        let store = FileBlobStore(folder: folder.path + "/blobs")
        let name = try await store.put([1])
        for (path, mode) in [(folder.path + "/blobs", 0o700), (store.place(of: name), 0o600)] {
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
        }
        #expect(try await FileBlobStore(folder: folder.path + "/blobs").get(name) == [1])
    }

    @Test func `says when the folder cannot be made`() async throws {
        try Data([1]).write(to: URL(filePath: folder.path + "/file"))
        let store = FileBlobStore(folder: folder.path + "/file/blobs")
        await #expect(throws: StorageError(.unavailable)) { try await store.put([1]) }
    }
}

import Crypto
import Foundation
import Storage
import Testing

@testable import Service

@Suite struct `Every blob store, S3-compatible ones too` {
    enum Kind: CaseIterable { case memory, file, s3 }

    /// Runs a test on a store that is empty.
    private func on(_ kind: Kind, _ body: (any BlobStore) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(MemoryBlobStore())
        case .file:
            let folder = FileManager.default.temporaryDirectory.appending(path: "blobs-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try await body(FileBlobStore(folder: folder.path()))
        case .s3:
            let store = try ObjectStore()
            try await body(store.blobs())
        }
    }

    @Test(arguments: Kind.allCases) func `gives back what it was given, by its digest`(kind: Kind) async throws {
        try await on(kind) { store async throws in
            for blob in [[], [1, 2, 3], [UInt8](repeating: 7, count: 3_000_000)] as [[UInt8]] {
                let name = try await store.put(blob)
                #expect(name == SHA256.hash(blob))
                #expect(try await store.contains(name))
                #expect(try await store.get(name) == blob)
                #expect(try await store.put(blob) == name)
                #expect(store.place(of: name).contains(name.hex))
            }
        }
    }

    @Test(arguments: Kind.allCases) func `says that a blob is missing`(kind: Kind) async throws {
        try await on(kind) { store async throws in
            #expect(try await !store.contains(.zero))
            await #expect(throws: StorageError(.missing)) { try await store.get(.zero) }
        }
    }

    @Test(arguments: Kind.allCases) func `takes one blob from many at once`(kind: Kind) async throws {
        try await on(kind) { store async throws in
            let names = await withTaskGroup(of: Digest?.self) { group in
                for number in 0..<16 as Range<UInt8> {
                    group.addTask { try? await store.put([UInt8](repeating: number % 4, count: 50_000)) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(names.count == 16 && Set(names).count == 4)
            for name in names { #expect(try await store.get(try #require(name)).count == 50_000) }
        }
    }

    @Test(arguments: Kind.allCases) func `can be asked how it is, before and after the first blob`(kind: Kind)
        async throws
    {
        try await on(kind) { store async throws in
            for isForWriting in [false, true, true, false] { try await store.probe(forWriting: isForWriting) }
            _ = try await store.put([1])
            for isForWriting in [false, true] { try await store.probe(forWriting: isForWriting) }
        }
    }
}

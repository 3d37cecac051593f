import Concurrency
import Crypto
import Foundation
import Inference
import Storage
import Synchronization
import Testing

@testable import Service

@Suite struct `The model library` {
    /// Models in memory, which counts how often one is read.
    private final class CountingBlobs: BlobStore {
        private let store = MemoryBlobStore()
        private let reads = Atomic(0)
        let isDown = Locked(false)

        var count: Int { reads.load(ordering: .relaxed) }

        func put(_ bytes: [UInt8]) throws(StorageError) -> Digest { try store.put(bytes) }
        func get(_ name: Digest) throws(StorageError) -> [UInt8] {
            reads.add(1, ordering: .relaxed)
            if isDown.withLock({ $0 }) { throw StorageError(.unavailable) }
            return try store.get(name)
        }
        func contains(_ name: Digest) -> Bool { store.contains(name) }
        func probe(forWriting: Bool) {}
        func place(of name: Digest) -> String { store.place(of: name) }
    }

    private let blobs = CountingBlobs()
    private let library: ModelLibrary
    private let digest: String

    init() throws {
        library = ModelLibrary(blobs: blobs, workers: WorkerPool(width: 2))
        let path = Workbench.repository.appending(path: "saved_models/pneumonia_cnn_v1.keras")
        digest = try blobs.put([UInt8](try Data(contentsOf: path))).hex
    }

    @Test func `makes an engine once, however many ask for it at the same time`() async throws {
        let (library, digest) = (library, digest)
        let engines = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
            for _ in 0..<16 { group.addTask { ObjectIdentifier(try await library.engine(digest)) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(engines.count == 1)
        #expect(blobs.count == 1)
    }

    @Test func `takes a store that is down for no damage of a model`() async throws {
        blobs.isDown.withLock { $0 = true }
        let error = await #expect(throws: ServiceError.self) { try await library.engine(digest) }
        #expect(error?.code == "store-unavailable" && error?.isModelDamage == false)
        await #expect(throws: ServiceError.self) { try await library.card(digest) }
        blobs.isDown.withLock { $0 = false }
        _ = try await library.engine(digest)
    }

    @Test func `tries again after a failure`() async throws {
        let unknown = SHA256.hash([0])
        for _ in 0..<2 {
            let error = await #expect(throws: ServiceError.self) { try await library.engine(unknown.hex) }
            #expect(error?.code == "model-missing")
        }
        #expect(blobs.count == 2)
        _ = try await library.engine(digest)
    }
}

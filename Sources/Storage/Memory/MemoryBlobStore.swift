import Concurrency
public import Crypto

/// Blobs that live as long as the process.
public final class MemoryBlobStore: BlobStore {
    private let blobs = Locked<[Digest: [UInt8]]>([:])

    public init() {}

    public func put(_ bytes: [UInt8]) throws(StorageError) -> Digest {
        let name = SHA256.hash(bytes)
        blobs.withLock { $0[name] = bytes }
        return name
    }

    public func get(_ name: Digest) throws(StorageError) -> [UInt8] {
        guard let bytes = blobs.withLock({ $0[name] }) else { throw StorageError(.missing, detail: name.hex) }
        return bytes
    }

    public func contains(_ name: Digest) -> Bool { blobs.withLock { $0[name] != nil } }

    public func probe(forWriting: Bool) {}

    public func place(of name: Digest) -> String { "memory, \(name.hex)" }
}

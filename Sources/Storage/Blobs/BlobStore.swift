public import Crypto

/// Immutable bytes named by their SHA-256: sealed pictures and model files.
public protocol BlobStore: Sendable {
    /// Makes the bytes durable and answers with their name.
    func put(_ bytes: [UInt8]) throws(StorageError) -> Digest

    /// - Throws: `.missing`, or `.corrupt` when the bytes no longer have the digest they are named by.
    func get(_ name: Digest) throws(StorageError) -> [UInt8]

    /// Whether there is a blob of this name; its bytes are not read.
    func contains(_ name: Digest) -> Bool

    /// The names of all blobs, in no particular order.
    func names() throws(StorageError) -> [Digest]
}

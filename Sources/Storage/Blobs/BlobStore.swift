public import Crypto

/// Immutable bytes named by their SHA-256: sealed pictures and model files.
public protocol BlobStore: Sendable {
    /// Makes the bytes durable and answers with their name.
    ///
    /// Bytes that are there already are looked at, and put right when they were damaged.
    func put(_ bytes: [UInt8]) async throws(StorageError) -> Digest

    /// - Throws: `.missing`, or `.corrupt` when the bytes no longer have the digest they are named by.
    func get(_ name: Digest) async throws(StorageError) -> [UInt8]

    /// Whether there is a blob of this name; its bytes are not read.
    func contains(_ name: Digest) async throws(StorageError) -> Bool

    /// Finds out whether the store can be used at this moment, for writing too when that is asked; only then it may leave
    /// the empty blob behind.
    func probe(forWriting: Bool) async throws(StorageError)

    /// Whether what keeps one blob from being read keeps all of them: a store that is asked over a network.
    var failsAsAWhole: Bool { get }

    /// Where a blob lies, for reports that name a bad one.
    func place(of name: Digest) -> String
}

extension BlobStore {
    public var failsAsAWhole: Bool { false }
}

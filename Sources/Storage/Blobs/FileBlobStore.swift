import Concurrency
public import Crypto
import Glibc

/// Blobs as files `aa/<hex digest>` below a folder, where `aa` is the digest's first byte.
///
/// A blob is written to a temporary name, made durable, then renamed; whatever a crash leaves under a final name is
/// whole. Whoever waits for the disk has a thread of the store's own.
public final class FileBlobStore: BlobStore {
    private let folder: String
    /// Those of which this process knows that they survive a loss of power.
    private let directories = Locked<Set<String>>([])
    private let threads = SerialWorkers((0..<16).map { SerialWorker((), label: "blobs.\($0)") })

    /// Takes the folder, which the first blob creates (mode 0700) when there is none.
    public init(folder: String) { self.folder = folder }

    public func put(_ bytes: [UInt8]) async throws(StorageError) -> Digest {
        try await threads.next.run { () throws(StorageError) in try self.write(bytes) }
    }

    public func get(_ name: Digest) async throws(StorageError) -> [UInt8] {
        try await threads.next.run { () throws(StorageError) in try self.read(name) }
    }

    public func contains(_ name: Digest) async throws(StorageError) -> Bool {
        await threads.next.run { () throws(Never) in self.exists(name) }
    }

    /// Nothing that the check of the disk does not tell.
    public func probe(forWriting: Bool) {}

    public func place(of name: Digest) -> String { "\(folder)/\(name.hex.prefix(2))/\(name.hex)" }

    private func write(_ bytes: [UInt8]) throws(StorageError) -> Digest {
        let name = SHA256.hash(bytes)
        let directory = "\(folder)/\(name.hex.prefix(2))"
        if !directories.withLock({ $0.contains(directory) }) {
            try DurableFile.makeFolder(directory)
            // Also when it was there: whoever made it may not have come to that yet.
            for path in [folder, DurableFile.folder(of: folder)] { try DurableFile.synchronise(folder: path) }
            directories.withLock { _ = $0.insert(directory) }
        }
        // Only a model comes twice. One that is whole stays, one that was damaged is put right.
        if exists(name), (try? read(name)) != nil {
            try DurableFile.synchronise(folder: directory)
        } else {
            try DurableFile.write(bytes, to: place(of: name))
        }
        return name
    }

    private func read(_ name: Digest) throws(StorageError) -> [UInt8] {
        guard let bytes = try DurableFile.read(place(of: name)) else { throw StorageError(.missing, detail: name.hex) }
        guard SHA256.hash(bytes) == name else { throw StorageError(.corrupt, detail: "blob \(name.hex)") }
        return bytes
    }

    private func exists(_ name: Digest) -> Bool { unsafe access(place(of: name), F_OK) == 0 }
}

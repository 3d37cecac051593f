import Concurrency
public import Crypto
import Glibc

/// Blobs as files `aa/<hex digest>` below a folder, where `aa` is the digest's first byte.
///
/// A blob is written to a temporary name, made durable, then renamed; whatever a crash leaves under a final name is
/// whole.
public final class FileBlobStore: BlobStore {
    private let folder: String
    /// Those of which this process knows that they survive a loss of power.
    private let directories = Locked<Set<String>>([])

    /// Takes the folder, which the first blob creates (mode 0700) when there is none.
    public init(folder: String) { self.folder = folder }

    public func put(_ bytes: [UInt8]) throws(StorageError) -> Digest {
        let name = SHA256.hash(bytes)
        let directory = "\(folder)/\(name.hex.prefix(2))"
        if !directories.withLock({ $0.contains(directory) }) {
            try DurableFile.makeFolder(directory)
            // Also when it was there: whoever made it may not have come to that yet.
            for path in [folder, DurableFile.folder(of: folder)] { try DurableFile.synchronise(folder: path) }
            directories.withLock { _ = $0.insert(directory) }
        }
        // Only a model comes twice. One that is whole stays, one that was damaged is put right.
        if contains(name), (try? get(name)) != nil {
            try DurableFile.synchronise(folder: directory)
        } else {
            try DurableFile.write(bytes, to: path(name))
        }
        return name
    }

    public func get(_ name: Digest) throws(StorageError) -> [UInt8] {
        guard let bytes = try DurableFile.read(path(name)) else { throw StorageError(.missing, detail: name.hex) }
        guard SHA256.hash(bytes) == name else { throw StorageError(.corrupt, detail: "blob \(name.hex)") }
        return bytes
    }

    public func contains(_ name: Digest) -> Bool { unsafe access(path(name), F_OK) == 0 }

    public func names() throws(StorageError) -> [Digest] {
        var names: [Digest] = []
        for prefix in try DurableFile.names(in: folder) where prefix.utf8.count == 2 {
            for file in try DurableFile.names(in: "\(folder)/\(prefix)") where !file.hasPrefix(".") {
                guard let name = Digest(hex: file), file.hasPrefix(prefix) else {
                    throw StorageError(.corrupt, detail: "\(prefix)/\(file) is no blob")
                }
                names.append(name)
            }
        }
        return names
    }

    /// Where a blob lies, for reports that name a bad file.
    public func path(_ name: Digest) -> String { "\(folder)/\(name.hex.prefix(2))/\(name.hex)" }
}

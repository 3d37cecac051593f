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
        let final = path(name)
        let directory = "\(folder)/\(name.hex.prefix(2))"
        let isDurable = directories.withLock { $0.contains(directory) }
        if !isDurable { for path in [folder, directory] { try Self.makeDirectory(path) } }
        // Only a model comes twice. One that is whole stays, one that was damaged is put right.
        if contains(name), (try? get(name)) != nil { return try settle(directory, isDurable: isDurable, name) }
        let temporary = "\(directory)/.\(name.hex).\(getpid()).\(SecureRandom.bytes(4).map(String.init).joined())"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create") }
        defer { close(descriptor) }
        do throws(StorageError) {
            try Self.write(bytes, to: descriptor)
            guard fdatasync(descriptor) == 0, unsafe rename(temporary, final) == 0 else { throw failure("write") }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        return try settle(directory, isDurable: isDurable, name)
    }

    /// Makes the name of a file durable, which whoever wrote the file may not have come to yet.
    private func settle(_ directory: String, isDurable: Bool, _ name: Digest) throws(StorageError) -> Digest {
        try Self.synchronise(directory)
        if !isDurable {
            try Self.synchronise(folder)
            directories.withLock { _ = $0.insert(directory) }
        }
        return name
    }

    public func get(_ name: Digest) throws(StorageError) -> [UInt8] {
        let descriptor = unsafe open(path(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? StorageError(.missing, detail: name.hex) : failure("open")
        }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0, size <= 1 << 31 else { throw failure("size") }
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let read = unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + count }, size - count, count)
                guard read > 0 else {
                    failed = true
                    return
                }
                count += read
            }
        }
        guard !failed, SHA256.hash(bytes) == name else { throw StorageError(.corrupt, detail: "blob \(name.hex)") }
        return bytes
    }

    public func contains(_ name: Digest) -> Bool { unsafe access(path(name), F_OK) == 0 }

    public func names() throws(StorageError) -> [Digest] {
        var names: [Digest] = []
        for prefix in try Self.list(folder) where prefix.utf8.count == 2 {
            for file in try Self.list("\(folder)/\(prefix)") where !file.hasPrefix(".") {
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

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StorageError(errno == ENOSPC ? .full : .unavailable, detail: "write blob") }
            written += count
        }
    }

    private static func makeDirectory(_ path: String) throws(StorageError) {
        guard unsafe mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw StorageError(errno == ENOSPC ? .full : .unavailable, detail: "mkdir \(path)")
    }

    private static func synchronise(_ directory: String) throws(StorageError) {
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(.unavailable, detail: "open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError(.unavailable, detail: "fsync \(directory)") }
    }

    private static func list(_ directory: String) throws(StorageError) -> [String] {
        guard let handle = unsafe opendir(directory) else {
            // Before the first blob there is no folder.
            if errno == ENOENT { return [] }
            throw StorageError(.unavailable, detail: "opendir \(directory)")
        }
        defer { unsafe closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private func failure(_ call: String) -> StorageError {
        StorageError(errno == ENOSPC ? .full : .unavailable, detail: "\(call) in \(folder): errno \(errno)")
    }
}

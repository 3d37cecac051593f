import Glibc

/// Small files that are read whole and replaced whole.
enum SmallFile {
    /// Reads up to `limit` bytes; nil when there is no such file.
    static func read(_ path: String, limit: Int = 1 << 30) throws(ServiceError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw Home.failure("open", path) }
            return nil
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw Home.failure("read", path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else {
                throw ServiceError(.tooLarge, "file-too-large", "\(path) is larger than \(limit) bytes.")
            }
        }
    }

    /// Writes to a temporary name, makes it durable, then renames, so that the file is never half there.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(ServiceError) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Home.failure("create", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + written }, $0.count - written)
            }
            guard count > 0 else { throw Home.failure("write", path) }
            written += count
        }
        guard fsync(descriptor) == 0, unsafe rename(temporary, path) == 0 else { throw Home.failure("write", path) }
        try synchronise(folder: path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
    }

    /// Makes the names in a folder durable.
    static func synchronise(folder: String) throws(ServiceError) {
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Home.failure("open", folder) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Home.failure("fsync", folder) }
    }
}

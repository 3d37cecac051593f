import Glibc

/// Files with secrets: refused when anybody but their owner could have read or changed them.
enum SecretFile {
    /// Reads up to `limit` bytes; nil when there is no such file.
    ///
    /// - Throws: `key-readable` unless the file is ours (or root's) and its mode allows nothing to others.
    static func read(_ path: String, limit: Int) throws(ServiceError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Home.failure("open", path)
        }
        defer { close(descriptor) }
        // Of what was opened, not of what the name leads to by now.
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Home.failure("stat", path) }
        guard status.st_mode & 0o077 == 0 else {
            throw ServiceError(.unavailable, "key-readable", "\(path) can be read by others; run `chmod 600` on it.")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 || geteuid() == 0 else {
            throw ServiceError(.unavailable, "key-readable", "\(path) belongs to another user; run `chown` on it.")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
            throw ServiceError(.unavailable, "key-malformed", "\(path) is no file of at most \(limit) bytes.")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress.map { unsafe $0 + count }, $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Home.failure("read", path) }
            if got == 0 { break }
            count += got
        }
        return Array(bytes.prefix(count))
    }
}

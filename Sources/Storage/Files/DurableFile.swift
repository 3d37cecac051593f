import Glibc

/// Files that are there whole or not at all, and stay there when the power goes.
public enum DurableFile {
    /// Reads up to `limit` bytes; nil when there is no such file.
    ///
    /// - Throws: `.incompatible` when the file is larger, `.unavailable` when it cannot be read.
    public static func read(_ path: String, limit: Int = 1 << 31) throws(StorageError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw failure("open", path) }
            return nil
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while bytes.count <= limit {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        throw StorageError(.incompatible, detail: "\(path) is larger than \(limit) bytes")
    }

    /// Writes to a temporary name beside (mode 0600), makes it durable, then renames.
    public static func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
        let folder = folder(of: path)
        try place(bytes, at: path, mode: 0o600, by: folder)
        try synchronise(folder: folder)
    }

    /// Writes to a temporary name in a folder of the same file system, makes the bytes durable, then renames.
    ///
    /// The name itself is durable only once the folder of `path` is synchronised.
    static func place(
        _ bytes: [UInt8], at path: String, mode: UInt32, by folder: String
    ) throws(StorageError) {
        // Two writers of one file must not share a temporary one.
        let temporary = "\(folder)/.\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { close(descriptor) }
        do throws(StorageError) {
            try write(bytes, descriptor, path)
            // Only then: who may read it sees it whole, and the mask of the process does not count.
            guard mode == 0o600 || fchmod(descriptor, mode) == 0 else { throw failure("chmod", path) }
            guard fdatasync(descriptor) == 0, unsafe rename(temporary, path) == 0 else { throw failure("write", path) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
    }

    /// Makes the names in a folder durable.
    public static func synchronise(folder: String) throws(StorageError) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", folder) }
    }

    /// Creates a folder (mode 0700, unless another is given) and those above it, each durable; one that is there is fine.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o700) throws(StorageError) {
        if unsafe access(path, F_OK) == 0 { return }
        let above = folder(of: path)
        if above != path { try makeFolder(above, mode: mode) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
        guard unsafe mode == 0o700 || chmod(path, mode) == 0 else { throw failure("chmod", path) }
        try synchronise(folder: above)
    }

    /// The names in a folder, in no order; none when there is no folder.
    public static func names(in folder: String) throws(StorageError) -> [String] {
        guard let handle = unsafe opendir(folder) else {
            if errno == ENOENT { return [] }
            throw failure("open", folder)
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

    /// The folder that a path lies in.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Why a call failed, by `errno`.
    static func failure(_ call: String, _ path: String) -> StorageError {
        let code = errno
        return StorageError(
            code == ENOSPC || code == EDQUOT ? .full : .unavailable,
            detail: unsafe "\(path): \(call): \(String(cString: strerror(code)))")
    }
}

import Glibc

/// A folder that is empty at first and gone in the end.
struct ScratchFolder: ~Copyable {
    let path: String

    init(in parent: String, _ name: String) throws {
        path = "\(parent)/\(name).\(getpid())"
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/" + part
            guard unsafe mkdir(built, 0o700) == 0 || errno == EEXIST else { throw BenchmarkError("mkdir \(built)") }
        }
    }

    deinit { Self.remove(path) }

    /// Deletes a file or a folder with everything in it.
    static func remove(_ path: String) {
        if let handle = unsafe opendir(path) {
            while let entry = unsafe readdir(handle) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            unsafe closedir(handle)
            unsafe rmdir(path)
        } else {
            unsafe unlink(path)
        }
    }
}

/// Something that a benchmark cannot go on without.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

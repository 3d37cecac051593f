import Glibc

/// A folder of its own that is empty at first and gone in the end.
///
/// Its name is never used again: a store that is still being closed must not meet the files of the next one.
struct ScratchFolder: ~Copyable {
    let path: String

    init(in parent: String, _ name: String) throws {
        var built = parent.hasPrefix("/") ? "" : "."
        for part in parent.split(separator: "/") {
            built += "/" + part
            guard unsafe mkdir(built, 0o700) == 0 || errno == EEXIST else { throw BenchmarkError("mkdir \(built)") }
        }
        var template = Array("\(parent)/\(name).XXXXXX".utf8CString)
        guard let made = unsafe mkdtemp(&template) else { throw BenchmarkError("mkdtemp in \(parent)") }
        path = unsafe String(cString: made)
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

import Glibc

extension TileFolder {
    /// Opens a folder of published files to everybody, or closes it.
    ///
    /// A folder is closed from the top and opened to the top, so that one that has its mode is done.
    static func setRights(of folder: String, isPublic: Bool) throws(StorageError) {
        let mode: UInt32 = isPublic ? 0o755 : 0o700
        var status = stat()
        guard unsafe stat(folder, &status) == 0 else { throw DurableFile.failure("stat", folder) }
        guard status.st_mode & 0o777 != mode else { return }
        if isPublic {
            try open(folder + "/checkpoint")
            try open(folder + "/tile", except: "entries")
        }
        try setMode(mode, of: folder)
    }

    /// Lets everybody read a file, or everything in a folder but one name.
    private static func open(_ path: String, except name: String? = nil) throws(StorageError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw DurableFile.failure("stat", path) }
            return
        }
        guard status.st_mode & S_IFMT != S_IFLNK else { return }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if isFolder {
            for inside in try DurableFile.names(in: path) where inside != name { try open("\(path)/\(inside)") }
        }
        let due: UInt32 = isFolder ? 0o755 : 0o644
        if status.st_mode & 0o777 != due { try setMode(due, of: path) }
    }

    private static func setMode(_ mode: UInt32, of path: String) throws(StorageError) {
        guard unsafe chmod(path, mode) == 0 else { throw DurableFile.failure("chmod", path) }
    }

    /// Removes what processes left that were killed while they wrote: what is older than `seconds`.
    static func removeLeftovers(in folder: String, olderThan seconds: Int) throws(StorageError) {
        for name in try DurableFile.names(in: folder) {
            var status = stat()
            let file = "\(folder)/\(name)"
            guard unsafe stat(file, &status) == 0, time(nil) - status.st_mtim.tv_sec > seconds else { continue }
            unsafe unlink(file)  // when it cannot be removed it lies there a little longer
        }
    }
}

import FoundationEssentials
import Storage

/// Files that somebody names on the command line.
enum InputFile {
    /// Reads a whole file, or what a pipe brings.
    ///
    /// - Throws: `file-missing`, `file-unreadable`, or `file-too-large` when there is more, which is not read.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let name = Printable.text(path)
        guard !isFolder(path) else { throw Failure("file-unreadable", "\(name) is no file that can be read.") }
        let found: [UInt8]?
        do throws(StorageError) { found = try DurableFile.read(path, limit: limit) } catch {
            throw error.code == .incompatible
                ? Failure("file-too-large", "\(name) is larger than \(limit) bytes.")
                : Failure("file-unreadable", "\(name) cannot be read; check its rights.")
        }
        guard let found else { throw Failure("file-missing", "There is no file \(name).") }
        return found
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
}

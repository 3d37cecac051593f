import FoundationEssentials

/// Files that somebody names on the command line.
enum InputFile {
    /// Reads a whole file.
    ///
    /// - Throws: `file-missing`, `file-unreadable`, or `file-too-large` before anything of it is read.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let name = Printable.text(path)
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("file-missing", "There is no file \(name).")
        }
        guard !isFolder, let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            throw Failure("file-unreadable", "\(name) is no file that can be read.")
        }
        // A link's own size is small; what it leads to is checked after reading.
        if let size = attributes[.size] as? Int, size > limit { throw tooLarge(name, limit) }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Failure("file-unreadable", "\(name) cannot be read; check its rights.")
        }
        guard bytes.count <= limit else { throw tooLarge(name, limit) }
        return [UInt8](bytes)
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }

    private static func tooLarge(_ name: String, _ limit: Int) -> Failure {
        Failure("file-too-large", "\(name) is larger than \(limit) bytes.")
    }
}

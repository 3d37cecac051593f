import FoundationEssentials
import Glibc

/// The pictures that files, folders and patterns on the command line amount to.
struct ImageFiles: Equatable {
    var paths: [String] = []
    /// Files of folders that are no pictures by their names.
    var skipped = 0
    /// Whether one file was named, and nothing else.
    var isSingle = false

    private static let extensions: Set<String> = ["jpeg", "jpg", "png"]

    /// Finds the pictures: a file as it is, a folder with all below it in order, a pattern as a shell reads it.
    ///
    /// - Throws: `file-missing` for a name that leads nowhere.
    init(_ names: [String]) throws(Failure) {
        for name in names {
            if InputFile.isFolder(name) {
                add(folder: name)
            } else if InputFile.exists(name) {
                paths.append(name)
            } else {
                let matches = Self.matches(of: name)
                guard !matches.isEmpty else {
                    throw Failure("file-missing", "There is no file or folder \(Printable.text(name)).")
                }
                for match in matches {
                    if InputFile.isFolder(match) { add(folder: match) } else { paths.append(match) }
                }
            }
        }
        isSingle = names.count == 1 && paths == names
    }

    private mutating func add(folder: String) {
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        // A folder that cannot be read holds no pictures for this user.
        for path in ((try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []).sorted() {
            guard !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }),
                !InputFile.isFolder("\(folder)/\(path)")
            else { continue }
            let suffix = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
            if Self.extensions.contains(suffix) { paths.append("\(folder)/\(path)") } else { skipped += 1 }
        }
    }

    /// What a pattern matches, in order; nothing for a name without wildcards.
    private static func matches(of pattern: String) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [] }
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(unsafe found.gl_pathc)).compactMap { position in
            unsafe found.gl_pathv[position].map { unsafe String(cString: $0) }
        }
    }
}

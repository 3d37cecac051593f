import Foundation

/// The files of this repository, as they lie around the tests.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The text of a file.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The paths of all files below a folder whose names end in one of the suffixes, in order.
    static func files(in folder: String, endingIn suffixes: [String]) throws -> [String] {
        let below = root.appending(path: folder).resolvingSymlinksInPath().path()
        return try FileManager.default.subpathsOfDirectory(atPath: below)
            .filter { name in suffixes.contains { name.hasSuffix($0) } }.map { "\(folder)/\($0)" }.sorted()
    }

    /// Every Swift file of the product.
    static let sources: [SwiftSource] = {
        do { return try files(in: "Sources", endingIn: [".swift"]).map { try SwiftSource($0, text: text($0)) } } catch {
            preconditionFailure("the sources cannot be read: \(error)")
        }
    }()
}

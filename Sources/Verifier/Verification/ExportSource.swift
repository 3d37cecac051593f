/// Gives the files of an export; the verifier itself opens nothing.
public protocol ExportSource: Sendable {
    /// Everything that lies in the export, and whether it is a plain file.
    func names() throws -> [(name: String, isFile: Bool)]

    /// Opens a plain file.
    func open(_ name: String) throws -> any ByteSource
}

/// A file that is read once, front to back.
public protocol ByteSource: AnyObject {
    /// The next bytes; empty at the end.
    func read() throws -> [UInt8]
}

/// An export in memory: for tests and for what came as one piece.
public struct MemorySource: ExportSource {
    private final class Bytes: ByteSource {
        private var rest: [UInt8]
        init(_ bytes: [UInt8]) { rest = bytes }
        func read() -> [UInt8] {
            defer { rest = [] }
            return rest
        }
    }

    private let files: [String: [UInt8]]

    public init(_ files: [String: [UInt8]]) { self.files = files }

    public func names() -> [(name: String, isFile: Bool)] { files.keys.sorted().map { ($0, true) } }

    public func open(_ name: String) -> any ByteSource { Bytes(files[name] ?? []) }
}

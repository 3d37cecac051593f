import Glibc
import Storage
public import Verifier

/// The files of an export in a folder, read without following links.
public struct ExportFolder: ExportSource {
    private final class File: ByteSource {
        private let descriptor: Int32
        private let path: String

        init(_ path: String) throws(ServiceError) {
            self.path = path
            descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard descriptor >= 0 else { throw ExportFolder.unreadable(path) }
        }

        deinit { close(descriptor) }

        func read() throws -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
                }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw ExportFolder.unreadable(path) }
                buffer.removeLast(buffer.count - count)
                return buffer
            }
        }
    }

    private let path: String

    /// - Throws: `export-unreadable` when there is no such folder.
    public init(_ path: String) throws(ServiceError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ServiceError(.notFound, "export-unreadable", "There is no folder \(path) that can be read.")
        }
        self.path = path
    }

    public func names() throws -> [(name: String, isFile: Bool)] {
        do {
            return try DurableFile.names(in: path).sorted().map { name in
                var status = stat()
                let isFile = unsafe lstat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
                return (name, isFile)
            }
        } catch { throw Self.unreadable(path) }
    }

    public func open(_ name: String) throws -> any ByteSource { try File("\(path)/\(name)") }

    private static func unreadable(_ path: String) -> ServiceError {
        ServiceError(.unavailable, "export-unreadable", "\(path) cannot be read; check its rights.")
    }
}

import Glibc

/// The archive of an export, read piece by piece by whoever sends it.
public final class ExportDownload: Sendable {
    private static let piece = 1 << 18
    public let name: String
    public let bytes: Int
    private let descriptor: Int32
    private let pool: WorkerPool

    init(_ path: String, name: String, pool: WorkerPool) throws(ServiceError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Home.failure("open", path) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw Home.failure("fstat", path)
        }
        (self.name, self.pool, bytes) = (name, pool, Int(status.st_size))
    }

    deinit { close(descriptor) }

    /// The next bytes; nil at the end.
    public func next() async throws -> [UInt8]? {
        try await pool.run { [self] () throws(ServiceError) in
            var buffer = [UInt8](repeating: 0, count: Self.piece)
            while true {
                let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw Home.failure("read", name) }
                buffer.removeLast(buffer.count - count)
                return count == 0 ? nil : buffer
            }
        }
    }
}

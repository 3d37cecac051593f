import Crypto
import Glibc
import Storage

/// A file that is written front to back and hashed on the way, and that goes on where it was left.
///
/// Not to be used by two threads at once; one after the other is fine.
final class GrowingFile: @unchecked Sendable {
    // @unchecked: whoever writes a file owns it until the write returns.
    let path: String
    private let descriptor: Int32
    private let hasher = SHA256Hasher()
    private(set) var length: Int64 = 0

    /// Opens or creates a file (mode 0600) of which the first `length` bytes count; the others are cut off.
    ///
    /// - Throws: `.corrupt` when there are not so many.
    init(_ path: String, keeping length: Int64) throws(StorageError) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        do throws(StorageError) {
            try read(length)
            guard ftruncate(descriptor, Int(length)) == 0 else { throw Self.failure("ftruncate", path) }
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    private func read(_ length: Int64) throws(StorageError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while self.length < length {
            let wanted = Int(min(Int64(buffer.count), length - self.length))
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, wanted) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path) }
            guard count > 0 else { throw StorageError(.corrupt, detail: "\(path) is shorter than its state says") }
            hasher.update(buffer.span.extracting(0..<count))
            self.length += Int64(count)
        }
    }

    func append(_ bytes: [UInt8]) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress.map { unsafe $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", path) }
            written += count
        }
        hasher.update(bytes)
        length += Int64(bytes.count)
    }

    /// Makes what was written durable.
    func synchronise() throws(StorageError) {
        guard fdatasync(descriptor) == 0 else { throw Self.failure("fdatasync", path) }
    }

    /// The digest of all bytes; nothing may be appended afterwards.
    func finish() throws(StorageError) -> Digest {
        try synchronise()
        return hasher.finalize()
    }

    private static func failure(_ call: String, _ path: String) -> StorageError {
        let code = errno
        return StorageError(
            code == ENOSPC || code == EDQUOT ? .full : .unavailable,
            detail: unsafe "\(path): \(call): \(String(cString: strerror(code)))")
    }
}

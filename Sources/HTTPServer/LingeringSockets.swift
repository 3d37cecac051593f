import Concurrency
// Dispatch sources are safe to use from any thread, though not marked so on Linux.
@unsafe @preconcurrency import Dispatch
import Glibc

/// Keeps refused clients' sockets open for a while and throws away what they still send.
///
/// A socket closed with unread bytes is reset, and a reset can overtake the answer: a client that is still uploading
/// would see a broken connection instead of its 413 (RFC 9112, section 9.6).
final class LingeringSockets: Sendable {
    /// More than this many at once are closed without ceremony.
    static let limit = 256
    /// How long one may stay.
    static let patience = DispatchTimeInterval.seconds(30)

    private let queue = DispatchQueue(label: "http-server.lingering")
    private let count = Locked(0)

    /// Takes a copy of a connected socket whose answer has been sent, and closes it when the client has.
    func adopt(_ descriptor: Int32) {
        let isWelcome = count.withLock { count in
            guard count < Self.limit else { return false }
            count += 1
            return true
        }
        guard isWelcome else { return }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return leave() }
        queue.async { [self] in
            let source = DispatchSource.makeReadSource(fileDescriptor: copy, queue: queue)
            source.setEventHandler { if !Self.discard(copy) { source.cancel() } }
            source.setCancelHandler {
                close(copy)
                self.leave()
            }
            source.activate()
            queue.asyncAfter(deadline: .now() + Self.patience) { source.cancel() }
        }
    }

    private func leave() { count.withLock { $0 -= 1 } }

    /// Reads what is there; answers false at the end of the stream or an error.
    private static func discard(_ descriptor: Int32) -> Bool {
        unsafe withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
        }
    }
}

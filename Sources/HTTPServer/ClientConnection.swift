import Concurrency
import Glibc

/// One client's connection, as the server keeps it beside the C library.
///
/// Three parties touch it: the library's thread that reads and writes it, the task that answers its request, and the
/// sweep that enforces deadlines. They meet at `state`, and whoever closes or writes the socket holds that lock, so
/// the descriptor cannot be one that was closed and given to another connection.
final class ClientConnection: Sendable {
    /// Where the connection stands.
    enum Phase: Sendable {
        /// No request line has been read since the connection opened or the last answer left.
        case waiting
        /// A request is arriving.
        case receiving
        /// The connection is suspended while a handler runs.
        case running
        /// The answer is there and not yet given to the library.
        case answered
        /// The library sends the answer.
        case sending
        /// The server has answered on its own or given up; the library is about to close.
        case cut
    }

    /// What changes.
    struct State: Sendable {
        var phase = Phase.waiting
        /// When the phase began; for `receiving`, when the request line was read.
        var since = ContinuousClock.now
        /// Counts requests, so that a late answer cannot reach the next one.
        var generation = 0
        var isOpen = false
        var target: [UInt8] = []
        var head: HTTPRequestHead?
        var body: [UInt8] = []
        var bodyLimit = 0
        /// Whether the handler knows who sends it.
        var isKnown = false
        var answer: HTTPResponse?
        var task: Task<Void, Never>?
        /// The connection to resume, while a handler runs.
        var suspendable: SuspendableConnection?
        var stream: BodyStream?

        /// Enters a phase.
        mutating func enter(_ phase: Phase) { (self.phase, since) = (phase, .now) }

        /// Forgets the request.
        mutating func forget() {
            (isOpen, target, head, body, bodyLimit, isKnown) = (false, [], nil, [], 0, false)
            (answer, task, suspendable, stream) = (nil, nil, nil, nil)
        }
    }

    let descriptor: Int32
    let address: SocketAddress
    let state = Locked(State())

    /// Describes a connection that was just accepted.
    init(descriptor: Int32, address: SocketAddress) { (self.descriptor, self.address) = (descriptor, address) }

    /// Writes an answer past the library, which can answer only when a request is complete, and cuts the connection.
    ///
    /// The socket's send buffer is empty here but for earlier answers of the same client, so a short answer fits; what
    /// does not fit is lost, as it would be for a client that has
    /// left. Call with the lock held.
    func cut(_ state: inout State, answering answer: HTTPResponse?) {
        state.enter(.cut)
        guard let answer else { return }
        let bytes = answer.plainBytes
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        unsafe bytes.withUnsafeBytes { unsafe _ = send(descriptor, $0.baseAddress, $0.count, flags) }
    }

    /// Ends the socket, whereupon the library finds it closed.
    ///
    /// Call with the lock held.
    func shut(_ state: inout State) {
        state.enter(.cut)
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Whether bytes have arrived that the library has not read yet.
    var hasUnreadBytes: Bool {
        var count: Int32 = 0
        return unsafe ioctl(descriptor, UInt(FIONREAD), &count) == 0 && count > 0
    }
}

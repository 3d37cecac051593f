import Concurrency
import Dispatch
import Glibc
import WebAPI

/// Reads server-sent events as the HTML standard says, and blocks its own queue meanwhile.
final class EventReader: Sendable {
    /// A block of lines, unless it is a comment.
    struct Message: Hashable, Sendable {
        var id: UInt64?
        var event: String?
        var data: String?
    }

    private struct State {
        var raw: [UInt8] = []
        var body: [UInt8] = []
        var head: String?
        var isClosed = false
        /// Whether the last chunk came: the body was not cut off.
        var isWhole = false
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "event-reader")
    private let state = Locked(State())

    init(_ service: RunningService, _ query: String = "", key: String? = nil, headers: [String] = []) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(service.web.port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "cannot connect")
        let lines =
            ["GET /v1/events/stream\(query) HTTP/1.1", "Host: a", "Authorization: Bearer \(key ?? service.key)"]
            + headers
        let request = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
        _ = request.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    convenience init(_ service: RunningService, after last: UInt64) {
        self.init(service, headers: ["Last-Event-ID: \(last)"])
    }

    deinit { close(descriptor) }

    /// The head of the answer.
    func head() async -> String {
        await run { state in
            while state.head == nil, self.receive(&state, patience: 10_000) {}
            return state.head ?? ""
        }
    }

    /// The next message; nil when the stream is over, or nothing comes for so many milliseconds.
    func next(patience: Int32 = 10_000) async -> Message? {
        await run { state in
            while true {
                if let message = Self.takeMessage(&state) { return message }
                guard self.receive(&state, patience: patience) else { return nil }
            }
        }
    }

    /// The messages up to the one with an id.
    func messages(to last: UInt64) async -> [Message] {
        var messages: [Message] = []
        while messages.last?.id != last, let message = await next() { messages.append(message) }
        return messages
    }

    /// Whether the server has ended the stream, and not merely cut it off.
    func isOver() async -> Bool {
        await run { state in
            while !state.isClosed, self.receive(&state, patience: 10_000) {}
            return state.isWhole
        }
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable (inout State) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.state.withLock { body(&$0) }) }
        }
    }

    /// Reads some more; false at the end or when nothing comes.
    private func receive(_ state: inout State, patience: Int32) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard !state.isClosed, poll(&poller, 1, patience) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            state.isClosed = true
            return false
        }
        state.raw += buffer[..<count]
        if state.head == nil, let end = Self.end(of: "\r\n\r\n", in: state.raw) {
            state.head = String(decoding: state.raw[..<end], as: UTF8.self)
            state.raw.removeFirst(end)
        }
        if state.head != nil { Self.takeChunks(&state) }
        return true
    }

    private static func takeChunks(_ state: inout State) {
        while let end = end(of: "\r\n", in: state.raw) {
            let digits = String(decoding: state.raw[..<(end - 2)], as: UTF8.self)
            guard let size = Int(digits, radix: 16), state.raw.count >= end + size + 2 else { return }
            state.body += state.raw[end..<(end + size)]
            state.raw.removeFirst(end + size + 2)
            if size == 0 { (state.isWhole, state.isClosed) = (true, true) }
        }
    }

    private static func takeMessage(_ state: inout State) -> Message? {
        while let end = end(of: "\n\n", in: state.body) {
            let block = String(decoding: state.body[..<end], as: UTF8.self)
            state.body.removeFirst(end)
            var message = Message()
            for line in block.split(separator: "\n") {
                let field = line.prefix { $0 != ":" }
                let value = line.dropFirst(field.count + 1)
                let text = String(value.first == " " ? value.dropFirst() : value)
                switch field {
                case "id": message.id = UInt64(text)
                case "event": message.event = text
                case "data": message.data = message.data.map { "\($0)\n\(text)" } ?? text
                default: break  // a comment, or `retry`
                }
            }
            if message != Message() { return message }
        }
        return nil
    }

    private static func end(of mark: String, in bytes: [UInt8]) -> Int? {
        let mark = Array(mark.utf8)
        guard bytes.count >= mark.count else { return nil }
        return (0...(bytes.count - mark.count)).first { bytes[$0..<$0 + mark.count].elementsEqual(mark) }
            .map { $0 + mark.count }
    }
}

import Dispatch
import Glibc

/// A bare socket, for what no well-behaved client would send; blocks its own queue, never a cooperative thread.
final class RawClient: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw-client")

    /// Connects to a port of this machine.
    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "cannot connect")
    }

    deinit { Glibc.close(descriptor) }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: body()) } }
    }

    /// Sends bytes; answers how many were taken before the server closed.
    @discardableResult func send(_ bytes: [UInt8]) async -> Int {
        await run { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { break }
                sent += count
            }
            return sent
        }
    }

    /// Sends text.
    @discardableResult func send(_ text: String) async -> Int { await send(Array(text.utf8)) }

    /// Reads until the server closes, until `enough`, or until nothing comes for `patience`.
    func read(
        patience: Duration = .seconds(10), until enough: @escaping @Sendable (String) -> Bool = { _ in false }
    ) async -> (text: String, isClosed: Bool) {
        await run { [descriptor] in
            var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
            while !enough(String(decoding: bytes, as: UTF8.self)) {
                var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                let wait = Int32(
                    patience.components.seconds * 1000 + patience.components.attoseconds / 1_000_000_000_000_000)
                guard poll(&poller, 1, wait) > 0 else { return (String(decoding: bytes, as: UTF8.self), false) }
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return (String(decoding: bytes, as: UTF8.self), true) }
                bytes += buffer[..<count]
            }
            return (String(decoding: bytes, as: UTF8.self), false)
        }
    }

    /// Closes with a reset, as a crashed client's machine would.
    func reset() async {
        await run { [descriptor] in
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            var unspecified = sockaddr(
                sa_family: sa_family_t(AF_UNSPEC), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            connect(descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size))
        }
    }

    /// Sends one request and reads all that comes back before the server closes.
    static func exchange(port: Int, _ text: String) async -> String {
        let client = RawClient(port: port)
        await client.send(text)
        return await client.read(patience: .seconds(5)).text
    }
}

/// Counts how often a text occurs in another.
func occurrences(of needle: String, in text: String) -> Int {
    var (count, rest) = (0, Substring(text))
    while let range = rest.firstRange(of: needle) {
        count += 1
        rest = rest[range.upperBound...]
    }
    return count
}

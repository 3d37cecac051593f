import Glibc

/// Opens the socket a server accepts connections on; whoever takes `descriptor` closes it.
struct ListeningSocket {
    let descriptor: Int32
    /// The port, also when any free one was asked for.
    let port: Int

    /// Binds and listens.
    init(host: String, port: Int) throws(HTTPServerError) {
        guard let service = UInt16(exactly: port) else { throw HTTPServerError(.unavailable, "no port: \(port)") }
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, "\(service)", &hints, &found)
        guard status == 0, let first = unsafe found else {
            throw HTTPServerError(.addressUnavailable, unsafe "\(host): " + String(cString: gai_strerror(status)))
        }
        defer { unsafe freeaddrinfo(first) }

        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = unsafe socket(first.pointee.ai_family, first.pointee.ai_socktype | flags, 0)
        guard descriptor >= 0 else { throw Self.failure("socket", host, port) }
        do throws(HTTPServerError) {
            // A restarted server must not wait for the old one's connections to time out.
            Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            if unsafe first.pointee.ai_family == AF_INET6 { Self.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
            guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
                throw Self.failure("bind", host, port)
            }
            guard listen(descriptor, SOMAXCONN) == 0 else { throw Self.failure("listen", host, port) }
            var bound = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let address = unsafe withUnsafeMutablePointer(to: &bound) { bound in
                unsafe bound.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    unsafe getsockname(descriptor, address, &size) == 0 ? SocketAddress(UnsafePointer(address)) : nil
                }
            }
            guard let address else { throw Self.failure("getsockname", host, port) }
            (self.descriptor, self.port) = (descriptor, address.port)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func failure(_ call: String, _ host: String, _ port: Int) -> HTTPServerError {
        let reason = errno
        let code: HTTPServerError.Code =
            switch reason {
            case EADDRINUSE: .portInUse
            case EACCES: .permissionDenied
            case EADDRNOTAVAIL: .addressUnavailable
            default: .unavailable
            }
        return HTTPServerError(code, unsafe "\(call) for \(host) port \(port): " + String(cString: strerror(reason)))
    }
}

import Glibc

/// An IP address and a port, in the form people write them.
struct SocketAddress: Hashable, Sendable {
    let host: String
    let port: Int

    /// An address that is not known.
    static let unknown = SocketAddress(host: "unknown", port: 0)

    private init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    /// Reads an IPv4 or IPv6 address; an IPv4 address mapped into IPv6 is written as IPv4.
    init?(_ address: UnsafePointer<sockaddr>) {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            var inet = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            guard unsafe inet_ntop(AF_INET, &inet.sin_addr, &text, socklen_t(text.count)) != nil else { return nil }
            port = Int(UInt16(bigEndian: inet.sin_port))
        case AF_INET6:
            var inet = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            guard unsafe inet_ntop(AF_INET6, &inet.sin6_addr, &text, socklen_t(text.count)) != nil else { return nil }
            port = Int(UInt16(bigEndian: inet.sin6_port))
        default: return nil
        }
        let written = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let mapped = "::ffff:"
        let isMapped = written.hasPrefix(mapped) && written.contains(".")
        host = isMapped ? String(written.dropFirst(mapped.count)) : written
    }
}

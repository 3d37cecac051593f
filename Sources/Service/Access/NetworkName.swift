import Glibc

/// The network that an address belongs to, as far as one customer has it: the address itself for IPv4, and 64 bits for
/// IPv6, where everybody has 2⁶⁴ addresses to come from (RFC 6177).
enum NetworkName {
    static func group(_ address: String) -> String {
        var bytes = in6_addr()
        guard unsafe inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        unsafe withUnsafeMutableBytes(of: &bytes) { bytes in for place in 8..<16 { unsafe bytes[place] = 0 } }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil else { return address }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) + "/64"
    }
}

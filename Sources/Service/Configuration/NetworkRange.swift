import Glibc

/// Addresses that begin alike: a single one, as `10.0.0.2`, or a network, as `10.0.0.0/24` or `fd00::/64`.
public struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private let bytes: [UInt8]
    /// How many leading bits count.
    private let length: Int

    /// Reads an address with or without a length; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(of: String(parts[0])) else { return nil }
        let bits = 8 * bytes.count
        guard let length = parts.count == 1 ? bits : Int(parts[1]), (0...bits).contains(length) else { return nil }
        (description, self.bytes, self.length) = (text, bytes, length)
    }

    /// Whether an address lies in it; what is no address lies nowhere.
    public func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
        return (0..<bytes.count).allSatisfy { place in
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> max(0, min(8, length - 8 * place)))
            return bytes[place] & mask == other[place] & mask
        }
    }

    /// Whether a text is an IP address.
    static func isAddress(_ text: String) -> Bool { bytes(of: text) != nil }

    /// Four bytes, or sixteen.
    private static func bytes(of address: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if unsafe inet_pton(family, address, &bytes) == 1 { return bytes }
        }
        return nil
    }
}

extension Settings {
    /// Who sent a request: the peer itself, or, when the peer is one of our proxies, the last address of
    /// `X-Forwarded-For` that is none of them.
    ///
    /// What stands further to the left was written by the client, who may write anything.
    public func client(peer: String, forwarded: [String]) -> String {
        var client = peer
        for hop in forwarded.joined(separator: ",").split(separator: ",").reversed() {
            guard proxies.contains(where: { $0.contains(client) }) else { break }
            let name = String(hop.drop { $0 == " " }.prefix { $0 != " " })
            guard NetworkRange.isAddress(name) else { break }
            client = name
        }
        return client
    }
}

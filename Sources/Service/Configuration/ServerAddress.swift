/// Addresses of servers in settings, as people write them.
public enum ServerAddress {
    static func isPostgres(_ text: String) -> Bool {
        ["postgresql://", "postgres://"].contains(where: text.hasPrefix) && !text.hasSuffix("//")
    }

    /// What is wrong with a `postgresql://` address; nil when libpq will read it as it was meant.
    ///
    /// What a password may break must not reach libpq, whose complaint would name a piece of it.
    static func problem(_ text: String) -> String? {
        let rest = text[(text.firstRange(of: "://")?.upperBound ?? text.startIndex)...]
        let place = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(place.count).prefix { $0 != "?" }
        let isEncoded = text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst()
            .allSatisfy { $0.prefix(2).count == 2 && $0.prefix(2).allSatisfy(isHexDigit) }
        let hosts = place[(place.lastIndex(of: "@").map(place.index(after:)) ?? place.startIndex)...].prefix {
            $0 != "?"
        }
        let hasPorts = hosts.split(separator: ",").allSatisfy { host in
            let port = host[(host.lastIndex(of: "]") ?? host.startIndex)...].split(separator: ":").dropFirst()
            return port.allSatisfy { $0.allSatisfy { ("0"..."9").contains($0) } }
        }
        guard place.count(where: { $0 == "@" }) <= 1, !path.contains("@"), hasPorts, isEncoded else {
            return "user or password hold a character that must be written as %40 (@), %2F (/), %25 (%) and so on"
        }
        return nil
    }

    /// An address without the passwords in it.
    public static func masked(_ address: String) -> String {
        var address = address
        for name in ["password=", "sslpassword="] {
            for lead in ["?", "&"] {
                guard let found = address.firstRange(of: lead + name) else { continue }
                let value = address[found.upperBound...].prefix { $0 != "&" }
                address.replaceSubrange(value.startIndex..<value.endIndex, with: "***")
            }
        }
        guard let at = address.lastIndex(of: "@"), let scheme = address.firstRange(of: "://") else { return address }
        let user = address[scheme.upperBound..<at].prefix { $0 != ":" }
        return address[..<scheme.upperBound] + user + ":***" + address[at...]
    }

    /// A part of an address, whatever it holds (RFC 3986, section 2.1).
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._~".unicodeScalars.contains(scalar)
            {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "0"..."9", "a"..."f", "A"..."F": true
        default: false
        }
    }
}

/// Where a key lies: a token and the label of the key on it, written as a PKCS #11 URI (RFC 7512).
///
/// Only `token` and `object` are known: the module and the PIN come from settings.
public struct TokenAddress: Hashable, Sendable, CustomStringConvertible {
    public let token: String
    /// Nil for a token as a whole.
    public let object: String?

    public static let scheme = "pkcs11:"

    public init(token: String, object: String? = nil) { (self.token, self.object) = (token, object) }

    /// Reads `pkcs11:token=NAME` or `pkcs11:token=NAME;object=LABEL`; nil for anything else.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        var values: [String: String] = [:]
        for part in text.dropFirst(Self.scheme.count).split(separator: ";", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let value = Self.decode(pair[1]), !value.isEmpty,
                values.updateValue(value, forKey: String(pair[0])) == nil
            else { return nil }
        }
        guard let token = values.removeValue(forKey: "token") else { return nil }
        let object = values.removeValue(forKey: "object")
        guard values.isEmpty else { return nil }
        self.init(token: token, object: object)
    }

    public var description: String {
        Self.scheme + "token=" + Self.encode(token) + (object.map { ";object=" + Self.encode($0) } ?? "")
    }

    private static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.isASCII && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || byte == 0x2D)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(Character(scalar)) : "%" + (digits.utf8.count < 2 ? "0" : "") + digits
        }.joined()
    }

    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else {
                    return nil
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                guard byte > 0x20, byte < 0x7F else { return nil }
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

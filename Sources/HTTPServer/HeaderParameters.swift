/// A header value with parameters: `value; name=token; name="quoted"` (RFC 9110, section 5.6.6).
struct HeaderParameters: Sendable {
    /// What stands before the first semicolon.
    let value: String
    private var parameters: [String: String] = [:]

    /// The value of a parameter; names compare without case.
    subscript(name: String) -> String? { parameters[name] }

    /// Reads a header value; `nil` when it is malformed or names a parameter twice.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        let head = rest.prefix { $0 != UInt8(ascii: ";") }
        rest = rest.dropFirst(head.count)
        value = String(decoding: head, as: UTF8.self).trimmingBlanks().description
        guard !value.isEmpty else { return nil }
        while rest.popFirst() != nil {  // the semicolon
            rest = rest.drop { $0 == 0x20 || $0 == 9 }
            if rest.isEmpty { break }
            let name = rest.prefix { $0.isToken }
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "="), let bytes = Self.value(&rest),
                let text = String(validating: bytes, as: UTF8.self)
            else { return nil }
            rest = rest.drop { $0 == 0x20 || $0 == 9 }
            guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
            let key = String(decoding: name, as: UTF8.self).lowercased()
            guard parameters.updateValue(text, forKey: key) == nil else { return nil }
        }
    }

    /// A token, or what stands between quotes.
    ///
    /// A backslash escapes a quote or a backslash only: browsers on Windows once sent whole paths.
    private static func value(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        guard rest.first == quote else {
            let token = rest.prefix { $0.isToken }
            rest = rest.dropFirst(token.count)
            return token.isEmpty ? nil : Array(token)
        }
        rest = rest.dropFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote { return bytes }
            if byte == backslash, let next = rest.first, next == quote || next == backslash {
                bytes.append(next)
                rest = rest.dropFirst()
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }
}

/// The request target, taken apart strictly (RFC 9112, section 3.2; RFC 3986, section 3).
struct RequestTarget: Sendable {
    let path: String
    let segments: [String]
    let query: [(name: String, value: String)]

    /// More fields than any form has; a bound on the work one request line can cause.
    static let queryFieldLimit = 256

    /// Takes a target apart: origin form, absolute form with `http` or `https`, or `*`.
    init(_ text: some Collection<UInt8>) throws(HTTPRefusal) {
        guard text.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw .malformed("the target holds a character that must be escaped")
        }
        if text.elementsEqual([UInt8(ascii: "*")]) {
            (path, segments, query) = ("*", [], [])
            return
        }
        let bytes = try Self.originForm(ArraySlice(text))
        let cut = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        var segments: [String] = []
        // The root has no part; every other path has one more than it has slashes after the first.
        let parts = cut - bytes.startIndex > 1 ? bytes[..<cut].dropFirst() : []
        for part in parts.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: parts.isEmpty) {
            let segment = try Self.decode(part, plusIsBlank: false)
            guard HTTPHeaders.isValue(segment), !segment.utf8.contains(9) else {
                throw .malformed("the path holds a control character")
            }
            segments.append(segment)
        }
        self.segments = segments
        path = "/" + segments.joined(separator: "/")
        query = try Self.fields(bytes[cut...].dropFirst())
    }

    /// Strips scheme and authority from the absolute form.
    private static func originForm(_ text: ArraySlice<UInt8>) throws(HTTPRefusal) -> ArraySlice<UInt8> {
        if text.first == UInt8(ascii: "/") { return text }
        for scheme in ["http://", "https://"] {
            guard text.prefix(scheme.utf8.count).elementsEqual(scheme.utf8, by: { $0.asciiLowercased == $1 }) else {
                continue
            }
            let rest = text.dropFirst(scheme.utf8.count)
            let start = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard start > rest.startIndex else { break }
            return rest[start...].first == UInt8(ascii: "/") ? rest[start...] : [UInt8(ascii: "/")] + rest[start...]
        }
        throw .malformed("the target is no path")
    }

    private static func fields(_ text: ArraySlice<UInt8>) throws(HTTPRefusal) -> [(name: String, value: String)] {
        let parts = text.split(separator: UInt8(ascii: "&"))
        guard parts.count <= queryFieldLimit else { throw .malformed("the query has too many fields") }
        var fields: [(name: String, value: String)] = []
        for part in parts {
            let cut = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try decode(part[..<cut], plusIsBlank: true)
            fields.append((name: name, value: try decode(part[cut...].dropFirst(), plusIsBlank: true)))
        }
        return fields
    }

    /// Decodes escapes; a bad one, a NUL or anything that is no UTF-8 is refused.
    private static func decode(_ text: ArraySlice<UInt8>, plusIsBlank: Bool) throws(HTTPRefusal) -> String {
        var (bytes, rest) = ([UInt8](), text)
        bytes.reserveCapacity(text.count)
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexadecimal, let low = rest.popFirst()?.hexadecimal else {
                    throw .malformed("a percent sign is not followed by two hexadecimal digits")
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { throw .malformed("the target holds a NUL") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("the target is no UTF-8") }
        return text
    }
}

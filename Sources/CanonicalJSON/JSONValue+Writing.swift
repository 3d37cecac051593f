extension JSONValue {
    /// The one spelling of this value (RFC 8785), in UTF-8.
    ///
    /// Everything the parsers return can be written. A key that is not ASCII, or an integer beyond ±2^53, is a mistake
    /// in our code and traps.
    public func canonicalBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    /// Appends the canonical bytes to a buffer.
    public func write(into bytes: inout [UInt8]) { CanonicalWriter.write(self, into: &bytes) }

    /// The value for people: the same members in the same order, indented by two spaces, without a final newline.
    public func prettyPrinted() -> String {
        var bytes: [UInt8] = []
        writePretty(into: &bytes, indentation: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func writePretty(into bytes: inout [UInt8], indentation: Int) {
        func startLine(_ indentation: Int) {
            bytes.append(UInt8(ascii: "\n"))
            bytes += repeatElement(UInt8(ascii: " "), count: indentation)
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                startLine(indentation + 2)
                element.writePretty(into: &bytes, indentation: indentation + 2)
            }
            startLine(indentation)
            bytes.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (position, member) in members.enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                startLine(indentation + 2)
                CanonicalWriter.writeString(member.key, into: &bytes)
                bytes += Array(": ".utf8)
                member.value.writePretty(into: &bytes, indentation: indentation + 2)
            }
            startLine(indentation)
            bytes.append(UInt8(ascii: "}"))
        case .null, .bool, .integer, .string, .array, .object: write(into: &bytes)
        }
    }
}

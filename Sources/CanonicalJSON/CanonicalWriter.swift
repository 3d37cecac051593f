/// Appends the tokens of canonical JSON to a buffer: for code that writes known shapes without building values.
public enum CanonicalWriter {
    /// Writes a quoted string, escaped as RFC 8785 section 3.2.2.2 says.
    public static func writeString(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: CanonicalEscape.isNeeded) {
            for byte in text.utf8 {
                if CanonicalEscape.isNeeded(for: byte) {
                    CanonicalEscape.write(byte, into: &bytes)
                } else {
                    bytes.append(byte)
                }
            }
        } else {
            bytes.append(contentsOf: text.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a decimal integer; one beyond ±2^53 is a mistake in our code.
    public static func writeInteger(_ number: Int64, into bytes: inout [UInt8]) {
        precondition(JSONValue.integers.contains(number), "an integer beyond 2^53 has no canonical form")
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Writes any value.
    public static func write(_ value: JSONValue, into bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number): writeInteger(number, into: &bytes)
        case .string(let text): writeString(text, into: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element, into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            // Of ASCII keys the order of Swift is that of UTF-16 code units, which RFC 8785 section 3.2.3 asks for.
            for (position, member) in members.enumerated() {
                precondition(member.key.utf8.allSatisfy { $0 < 0x80 }, "a key that is not ASCII has no canonical form")
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                writeString(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                write(member.value, into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

/// Hexadecimal text (RFC 4648 section 8, in lower case).
public enum Hex {
    /// Two lower-case digits for each byte.
    public static func encode(_ bytes: [UInt8]) -> String {
        unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { buffer in
            for (position, byte) in bytes.enumerated() {
                unsafe buffer[2 * position] = digit(byte >> 4)
                unsafe buffer[2 * position + 1] = digit(byte & 0x0F)
            }
            return 2 * bytes.count
        }
    }

    /// The bytes of an even number of digits of either case; nil for anything else.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for position in stride(from: 0, to: digits.count, by: 2) {
            let (high, low) = (values[Int(digits[position])], values[Int(digits[position + 1])])
            guard high | low < 0x10 else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The value of each digit; 0xFF for bytes that are none.
    static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for value in UInt8(0)..<16 {
            values[Int(digit(value))] = value
            if value > 9 { values[Int(digit(value)) - 32] = value }  // in upper case
        }
        return values
    }()
}

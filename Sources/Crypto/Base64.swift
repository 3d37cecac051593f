/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The value of each letter; 0xFF for bytes that are none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// Four letters for each three bytes, the last four padded with `=`.
    public static func encode(_ bytes: [UInt8]) -> String {
        let count = (bytes.count + 2) / 3 * 4
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            unsafe write(bytes.span, into: text)
            return count
        }
    }

    /// Appends the letters to a text of bytes.
    public static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        let count = (bytes.count + 2) / 3 * 4
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { letters in
            unsafe write(bytes.span, into: letters)
            unsafe text.append(contentsOf: letters)
        }
    }

    /// Fills `text`, which has room for all letters.
    private static func write(_ bytes: Span<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>) {
        let alphabet = alphabet.span
        func letter(_ group: Int, _ shift: Int) -> UInt8 { alphabet[group >> shift & 63] }
        var (source, target) = (0, 0)
        while source + 3 <= bytes.count {
            let group = Int(bytes[source]) << 16 | Int(bytes[source + 1]) << 8 | Int(bytes[source + 2])
            unsafe text[target] = letter(group, 18)
            unsafe text[target + 1] = letter(group, 12)
            unsafe text[target + 2] = letter(group, 6)
            unsafe text[target + 3] = letter(group, 0)
            source += 3
            target += 4
        }
        guard source < bytes.count else { return }
        let isPair = source + 2 == bytes.count
        let group = Int(bytes[source]) << 16 | (isPair ? Int(bytes[source + 1]) << 8 : 0)
        unsafe text[target] = letter(group, 18)
        unsafe text[target + 1] = letter(group, 12)
        unsafe text[target + 2] = isPair ? letter(group, 6) : UInt8(ascii: "=")
        unsafe text[target + 3] = UInt8(ascii: "=")
    }

    /// The bytes; nil for anything that `encode(_:)` would not have written, such as missing padding, white space or
    /// bits set beyond the last byte.
    public static func decode(_ text: String) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count.isMultiple(of: 4) else { return nil }
        let padding = letters.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3)
        var (group, bits) = (0, 0)
        let (source, values) = (letters.span, values.span)
        for position in 0..<letters.count - padding {
            let value = values[Int(source[position])]
            guard value != 0xFF else { return nil }
            group = (group << 6 | Int(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        guard group & ((1 << bits) - 1) == 0 else { return nil }
        return bytes
    }
}

/// The spelling of event ids: UUID version 7 (RFC 9562 section 5.7) in lower case.
public enum UUIDv7 {
    /// Whether the text is one: 36 bytes, version 7, variant 10.
    public static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        for (position, byte) in bytes.enumerated() {
            switch (position, byte) {
            case (8, 0x2D), (13, 0x2D), (18, 0x2D), (23, 0x2D): continue
            case (8, _), (13, _), (18, _), (23, _): return false
            case (14, _): guard byte == UInt8(ascii: "7") else { return false }
            case (19, _): guard [0x38, 0x39, 0x61, 0x62].contains(byte) else { return false }
            default: guard (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return false }
            }
        }
        return true
    }
}

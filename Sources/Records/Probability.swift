/// Decimals between 0 and 1 as they stand in events.
public enum Probability {
    /// Whether the text is `0`, `1`, or digits after `0.` or `1.` with a value in 0 … 1; no exponent, no sign.
    public static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...20).contains(bytes.count), let first = bytes.first, first == 0x30 || first == 0x31 else {
            return false
        }
        guard bytes.count > 1 else { return true }
        guard bytes.count > 2, bytes[1] == 0x2E else { return false }
        let digits = bytes.dropFirst(2)
        return digits.allSatisfy { first == 0x30 ? (0x30...0x39).contains($0) : $0 == 0x30 }
    }
}

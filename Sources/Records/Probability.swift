/// Decimals between 0 and 1 as they stand in events.
public enum Probability {
    /// Whether the text is `0`, `1`, or digits after `0.` or `1.` with a value in 0 … 1; no exponent, no sign.
    private static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...20).contains(bytes.count), let first = bytes.first, first == 0x30 || first == 0x31 else {
            return false
        }
        guard bytes.count > 1 else { return true }
        guard bytes.count > 2, bytes[1] == 0x2E else { return false }
        let digits = bytes.dropFirst(2)
        return digits.allSatisfy { first == 0x30 ? (0x30...0x39).contains($0) : $0 == 0x30 }
    }

    /// A threshold as it is stored, without zeros at its end; nil when the text is no such decimal, or has digits that
    /// float32 does not keep: another threshold than was asked for would be applied.
    public static func threshold(_ text: String) -> String? {
        guard isValid(text), let value = Float(text) else { return nil }
        var digits = text[...]
        while digits.contains("."), digits.last == "0" || digits.last == "." { digits.removeLast() }
        return decimal(value) == digits ? String(digits) : nil
    }

    /// The shortest decimal that reads back as the same float, never with an exponent.
    public static func decimal(_ value: Float) -> String {
        let text = value.description
        guard let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) else {
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let exponent = Int(text[text.index(after: mark)...]) ?? 0
        let digits = text[..<mark].filter { $0 != "." }.drop { $0 == "-" }
        guard exponent < 0 else { return text }
        let trimmed = digits.hasSuffix("0") && digits.count > 1 ? digits.dropLast() : digits
        return (value < 0 ? "-" : "") + "0." + String(repeating: "0", count: -exponent - 1) + trimmed
    }
}

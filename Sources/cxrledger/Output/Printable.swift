/// Makes text from elsewhere safe to show on a terminal.
enum Printable {
    /// Replaces control characters, which could move the cursor or forge lines, by a mark.
    static func text(_ text: String, keepingLines: Bool = false) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            safe.append(isControl(scalar) && !(keepingLines && scalar == "\n") ? "\u{FFFD}" : scalar)
        }
        return String(safe)
    }

    /// JSON with escapes for such characters: another spelling of the same value.
    static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isControl($0) && $0 != "\n" }) else { return text }
        return text.unicodeScalars.reduce(into: "") { safe, scalar in
            guard isControl(scalar), scalar != "\n" else { return safe.unicodeScalars.append(scalar) }
            let digits = String(scalar.value, radix: 16)
            safe += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// C0, DEL, C1, and the marks that turn the direction of writing (Unicode UAX #9).
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension String {
    /// With blanks behind it, up to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// With blanks before it, up to a width.
    func indented(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

extension UInt8 {
    /// The byte with `A` to `Z` made small.
    var asciiLowercased: UInt8 { (65...90).contains(self) ? self | 0x20 : self }

    /// Whether the byte is C0 or DEL.
    var isControl: Bool { self < 0x20 || self == 0x7F }

    /// Whether the byte may stand in a token (RFC 9110, section 5.6.2).
    var isToken: Bool {
        switch self {
        case 48...57, 65...90, 97...122: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// The value of a hexadecimal digit.
    var hexadecimal: UInt8? {
        switch self {
        case 48...57: self - 48
        case 65...70: self - 55
        case 97...102: self - 87
        default: nil
        }
    }
}

extension StringProtocol {
    /// The text without the blanks and tabs around it.
    func trimmingBlanks() -> SubSequence {
        guard let first = firstIndex(where: { $0 != " " && $0 != "\t" }),
            let last = lastIndex(where: { $0 != " " && $0 != "\t" })
        else { return self[endIndex...] }
        return self[first...last]
    }
}

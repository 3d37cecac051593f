extension UInt64 {
    /// Reads a decimal number in its one spelling: no sign, no leading zeros.
    init?(canonicalDecimal text: some StringProtocol) {
        guard let number = UInt64(text), String(number) == text else { return nil }
        self = number
    }
}

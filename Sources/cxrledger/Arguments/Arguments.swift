/// The words of one call, sorted into command, operands and flags.
struct Arguments: Equatable, Sendable {
    var command: [String] = []
    var operands: [String] = []
    /// By the flag's own name; a switch has no values.
    var flags: [String: [String]] = [:]

    /// Whether a flag was given.
    func has(_ name: String) -> Bool { flags[name] != nil }

    /// The value of a flag; the last one wins.
    func value(_ name: String) -> String? { flags[name]?.last }

    /// The value of a flag that is a whole number.
    ///
    /// - Throws: a usage failure when it is none, or outside the range.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage("--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not \(text).")
        }
        return number
    }
}

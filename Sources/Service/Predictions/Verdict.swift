import Records

/// The label that scores and a threshold lead to.
struct Verdict: Sendable {
    let label: String
    /// Of PNEUMONIA; of the label, when the model has no such class.
    let probability: String
    let scores: [String]

    /// From one sigmoid output (of the second class), or one output per class.
    ///
    /// The second of two classes needs a probability strictly above the threshold.
    init(scores: [Float], classes: [String], threshold: String) {
        self.scores = scores.map(Self.decimal)
        let limit = Double(threshold) ?? 0.5
        if scores.count <= 2, classes.count == 2 {
            let positive = scores.count == 1 ? scores[0] : scores[1]
            label = Double(positive) > limit ? classes[1] : classes[0]
            probability = Self.decimal(positive)
            return
        }
        let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
        label = classes.indices.contains(best) ? classes[best] : ""
        let named = classes.firstIndex(of: "PNEUMONIA") ?? best
        probability = Self.decimal(scores.indices.contains(named) ? scores[named] : 0)
    }

    /// The shortest decimal that reads back as the same float, never with an exponent.
    static func decimal(_ value: Float) -> String {
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

/// What the scores of a model say of a picture.
public struct Verdict: Hashable, Sendable {
    /// The class that a two-class model looks for, whatever its place.
    public static let finding = "PNEUMONIA"

    public let label: String
    /// Of `finding`; of the label, when the model has no such class.
    public let probability: Float

    /// Judges scores: one sigmoid output, of the second of two classes, or one output per class.
    ///
    /// Of two classes the finding needs a probability strictly above the threshold; of more the largest score decides.
    ///
    /// - Throws: `.scoresInvalid` for scores that are no probabilities, or not of these classes.
    public init(scores: [Float], classes: [String], threshold: String) throws(Rejection) {
        guard let limit = Double(threshold), scores.allSatisfy({ (0...1).contains($0) }),
            let probabilities = Self.probabilities(scores: scores, classes: classes)
        else { throw .scoresInvalid }
        let finding = classes.firstIndex(of: Self.finding)
        if classes.count == 2, let finding {
            probability = probabilities[finding]
            label = classes[Double(probability) > limit ? finding : 1 - finding]
            return
        }
        guard let best = probabilities.indices.max(by: { probabilities[$0] < probabilities[$1] }) else {
            throw .scoresInvalid
        }
        (label, probability) = (classes[best], probabilities[finding ?? best])
    }

    /// The probability of each class; nil when there are not as many scores as the classes need.
    public static func probabilities<Number: BinaryFloatingPoint>(scores: [Number], classes: [String]) -> [Number]? {
        if scores.count == 1, classes.count == 2 { return [1 - scores[0], scores[0]] }
        return scores.count == classes.count ? scores : nil
    }
}

import Records
import Testing

@Suite struct `A verdict` {
    private func verdict(_ scores: [Float], _ classes: [String], _ threshold: String = "0.5") throws -> String {
        let verdict = try Verdict(scores: scores, classes: classes, threshold: threshold)
        return "\(verdict.label) \(Probability.decimal(verdict.probability))"
    }

    @Test func `of one output is about the second class`() throws {
        #expect(try verdict([0.75], ["NORMAL", "PNEUMONIA"]) == "PNEUMONIA 0.75")
        #expect(try verdict([0.25], ["NORMAL", "PNEUMONIA"]) == "NORMAL 0.25")
    }

    @Test func `of two outputs finds pneumonia by its name, in either place`() throws {
        #expect(try verdict([0.25, 0.75], ["NORMAL", "PNEUMONIA"]) == "PNEUMONIA 0.75")
        #expect(try verdict([0.75, 0.25], ["PNEUMONIA", "NORMAL"]) == "PNEUMONIA 0.75")
        #expect(try verdict([0.25, 0.75], ["PNEUMONIA", "NORMAL"]) == "NORMAL 0.25")
    }

    @Test(arguments: [("0.5", "NORMAL"), ("0.49", "PNEUMONIA"), ("0", "PNEUMONIA"), ("1", "NORMAL")])
    func `needs a probability strictly above the threshold`(threshold: String, label: String) throws {
        #expect(try verdict([0.5], ["NORMAL", "PNEUMONIA"], threshold).hasPrefix(label))
    }

    @Test func `of more classes is the one with the largest score`() throws {
        let classes = ["NORMAL", "PNEUMONIA", "TUBERCULOSIS"]
        #expect(try verdict([0.25, 0.25, 0.5], classes) == "TUBERCULOSIS 0.25")
        #expect(try verdict([0.5, 0.25, 0.25], ["A", "B", "C"]) == "A 0.5")
    }

    @Test func `tells the probability of every class`() {
        #expect(Verdict.probabilities(scores: [0.25], classes: ["A", "B"]) == [0.75, 0.25])
        #expect(Verdict.probabilities(scores: [0.25, 0.5, 0.25], classes: ["A", "B", "C"]) == [0.25, 0.5, 0.25])
        #expect(Verdict.probabilities(scores: [0.25], classes: ["A", "B", "C"]) == nil)
    }
}

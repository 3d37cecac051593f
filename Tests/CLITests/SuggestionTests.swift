import Testing

@testable import cxrledger

@Suite struct `A suggestion` {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("verify", "verify", 0), ("verfiy", "verify", 1), ("verfy", "verify", 1),
        ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func `counts slips of the finger`(left: String, right: String, distance: Int) {
        #expect(Suggestion.distance(left, right) == distance)
        #expect(Suggestion.distance(right, left) == distance)
    }

    @Test func `is made only when the word is near`() {
        #expect(Suggestion.nearest(to: "predcit", among: ["predict", "verify"]) == "predict")
        #expect(Suggestion.nearest(to: "xyz", among: ["predict", "verify"]) == nil)
    }
}

import Testing

@testable import cxrledger

@Suite struct `Percent encoding` {
    @Test(arguments: [("P-123", "P-123"), ("a b/c?d", "a%20b%2Fc%3Fd"), ("ü\u{1}", "%C3%BC%01"), ("", "")])
    func `keeps only unreserved characters`(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
    }

    @Test func `writes a query of what has a value`() {
        #expect(PercentEncoding.query([("a", "1"), ("b", nil), ("c", "x y")]) == "?a=1&c=x%20y")
        #expect(PercentEncoding.query([("b", nil)]) == "")
    }
}

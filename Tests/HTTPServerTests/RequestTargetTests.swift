import HTTPServer
import Testing

@Suite struct `A request target` {
    private func head(_ target: String) throws(HTTPRefusal) -> HTTPRequestHead {
        try HTTPRequestHead(method: .get, target: target)
    }

    @Test(arguments: [
        ("/", "/", []), ("/a", "/a", ["a"]), ("/a/", "/a/", ["a", ""]), ("//", "//", ["", ""]), ("*", "*", []),
        ("/a%2Fb", "/a/b", ["a/b"]), ("/%C3%A9", "/é", ["é"]), ("/a+b", "/a+b", ["a+b"]), ("/?", "/", []),
        ("http://host/x?y", "/x", ["x"]), ("HTTPS://host:1", "/", []), ("http://host?y", "/", []),
        ("/a?b/c", "/a", ["a"]),
    ])
    func `is decoded`(target: String, path: String, segments: [String]) throws {
        let head = try head(target)
        #expect(head.path == path)
        #expect(head.pathSegments == segments)
    }

    @Test func `keeps its query in order`() throws {
        let head = try head("/?a=1&&b&a=%26+%3D&=x&c==")
        #expect(head.query.map { "\($0.name):\($0.value)" } == ["a:1", "b:", "a:& =", ":x", "c:="])
        #expect(head.queryValue("a") == "1")
        #expect(head.queryValue("z") == nil)
    }

    @Test(arguments: [
        "", "a", "?", "/%", "/%1", "/%g1", "/%00", "/?%", "/ ", "/é", "/#", "/%80", "/%0A", "/%7f", "http://",
        "ftp://a/", "http:///",
    ])
    func `is refused when it cannot be decoded`(target: String) {
        #expect(throws: HTTPRefusal.self) { try head(target) }
    }
}

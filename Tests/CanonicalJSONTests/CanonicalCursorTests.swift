import CanonicalJSON
import Testing

@Suite struct `A cursor over canonical JSON` {
    /// Reads `{"a":…,"b":{"c":…},"d":[…],"e":…}`, of which all but b may be missing.
    private func read(_ text: String) throws(JSONError) -> [JSONValue?] {
        var cursor = CanonicalCursor(Array("xx\(text)".utf8)[2...])
        try cursor.begin()
        var found: [JSONValue?] = [.none, .none, .none, .none]
        if cursor.has("a") { found[0] = try cursor.value() }
        try cursor.begin("b")
        if cursor.has("c") { found[1] = .string(String(decoding: try cursor.canonicalBytes(), as: UTF8.self)) }
        try cursor.end()
        if cursor.has("d") { found[2] = try cursor.value() }
        if cursor.has("e") { found[3] = try cursor.value() }
        try cursor.end()
        try cursor.finish()
        return found
    }

    @Test func `gives each member that is there, in its order`() throws {
        #expect(
            try read(#"{"a":-7,"b":{"c":{"x":[null,"\n"]}},"d":["é"],"e":{"f":{}}}"#)
                == [-7, #"{"x":[null,"\n"]}"#, ["é"], ["f": [:]]])
        #expect(try read(#"{"b":{},"e":null}"#) == [.none, .none, .none, .null])
        #expect(try read(#"{"a":true,"b":{}}"#) == [true, .none, .none, .none])
    }

    @Test(
        arguments: [
            "", "{", "{}", "[]", #"{"b":{}"#, #"{"b":{}}}"#, #"{"b":{}} "#, #" {"b":{}}"#, #"{,"b":{}}"#, #"{"b":{},}"#,
            #"{"b":{}"d":1}"#, #"{"b":{,}}"#, #"{"b":{} }"#, #"{"b" :{}}"#, #"{"b":1}"#, #"{"b":{"c":1,"d":2}}"#,
            #"{"b":{},"a":1}"#, #"{"a":1,"a":1,"b":{}}"#, #"{"aa":1,"b":{}}"#, #"{"a":1,"b":{},"c":1}"#,
            #"{"a":1.0,"b":{}}"#, #"{"a":"\u0041","b":{}}"#, #"{"b":{"c":{"y":1,"x":2}}}"#, #"{"b":{"c":{"é":1}}}"#,
            #"{"b":{"c":["\ud800"]}}"#, #"{"\u0062":{}}"#, #"{"b":{"c":}}"#, #"{"a":,"b":{}}"#,
        ])
    func `refuses what is not canonical, and members that nobody asked for`(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test func `counts the depth of what it steps into and of what it reads`() {
        func steps(_ count: Int, around inner: String) -> Bool {
            let text = String(repeating: #"{"a":"#, count: count) + inner + String(repeating: "}", count: count)
            var cursor = CanonicalCursor(Array(text.utf8)[...])
            do throws(JSONError) {
                try cursor.begin()
                for _ in 1..<count { try cursor.begin("a") }
                guard cursor.has("a") else { return false }
                _ = try cursor.canonicalBytes()
                return true
            } catch { return error.code != .depth }
        }
        #expect(steps(30, around: "[[1]]") && !steps(31, around: "[[1]]"))
        #expect(steps(32, around: "1") && !steps(33, around: "1"))
    }

    @Test func `reads members of one kind, and refuses others`() throws {
        func cursor() throws -> CanonicalCursor {
            var cursor = CanonicalCursor(Array(#"{"a":["x","y"],"b":false,"c":3,"d":"t"}"#.utf8)[...])
            try cursor.begin()
            return cursor
        }
        var one = try cursor()
        #expect(try one.texts("a") == ["x", "y"] && one.flag("b") == false)
        #expect(try one.integer("c") == 3 && one.text("d") == "t")
        try one.end()
        try one.finish()
        var other = try cursor()
        #expect(throws: JSONError.self) { try other.text("a") }
        other = try cursor()
        #expect(throws: JSONError.self) { try other.flag("b") }
        for text in [#"{"a":[1]}"#, #"{"a":{}}"#, #"{"a":null}"#] {
            var cursor = CanonicalCursor(Array(text.utf8)[...])
            try cursor.begin()
            #expect(throws: JSONError.self) { try cursor.texts("a") }
        }
    }
}

import Testing

@testable import CanonicalJSON

@Suite struct `A JSON object` {
    @Test func `has its members in the order of their keys, however it was made`() throws {
        let due = ["", "B", "a", "b"]
        #expect((["b": 1, "": 2, "B": 3, "a": 4] as JSONObject).map(\.key) == due)
        #expect(JSONObject(["b": 1, "": 2, "B": 3, "a": 4] as [String: JSONValue]).map(\.key) == due)
        let relaxed = try JSONValue.parseRelaxed(Array(#"{"b": 1, "": 2, "B": 3, "a": 4}"#.utf8))
        #expect(relaxed.objectValue?.map(\.key) == due && relaxed == ["b": 1, "": 2, "B": 3, "a": 4])
        var built: JSONObject = [:]
        for key in ["b", "", "B", "a"] { built[key] = 0 }
        #expect(
            Array(built.keys) == due
                && JSONValue.object(built).canonicalBytes() == Array(#"{"":0,"B":0,"a":0,"b":0}"#.utf8))
    }

    @Test func `finds, replaces and removes a member by its key`() {
        var object: JSONObject = ["a": 1, "b": 2]
        #expect(object["a"] == 1 && object["b"] == 2 && object["c"] == nil)
        object["b"] = .null
        object["c"] = 3
        object["a"] = nil
        object["none"] = nil
        #expect(object == ["b": nil, "c": 3] && Array(object.values) == [.null, 3])
    }

    @Test func `finds members that are asked for one after the other, in any order`() {
        let object: JSONObject = ["a": 1, "c": 2, "e": 3, "g": 4]
        for names in [
            ["a", "c", "e", "g"], ["0", "a", "b", "c", "d", "g", "z"], ["g", "a", "a", "z", "c", "0", "e"],
        ] {
            var place = 0
            for name in names { #expect(object.value(of: name, near: &place) == object[name]) }
        }
        var place = 0
        #expect(([:] as JSONObject).value(of: "a", near: &place) == nil)
    }

    @Test func `equals another with the same members, and nothing less or more`() {
        let object: JSONObject = ["a": 1, "b": 2]
        for other: JSONObject in [[:], ["a": 1], ["a": 1, "c": 2], ["a": 1, "b": 3], ["a": 1, "b": 2, "c": 3]] {
            #expect(object != other)
        }
        #expect(Set([object, ["b": 2, "a": 1]]).count == 1)
    }

    @Test func `refuses a key twice in any order`() {
        for text in [#"{"a":1,"b":2,"a":3}"#, #"{"b":1,"a":2,"a":3}"#] {
            let error = #expect(throws: JSONError.self) { try JSONValue.parseRelaxed(Array(text.utf8)) }
            #expect(error?.code == .duplicateKey && error?.offset == 13)
        }
    }
}

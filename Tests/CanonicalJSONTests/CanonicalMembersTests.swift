import CanonicalJSON
import TestSupport
import Testing

@Suite struct `Members of canonical bytes` {
    /// What a scan finds in an object.
    private func members(_ bytes: [UInt8]) -> [(key: String, value: String)] {
        var found: [(Range<Int>, Range<Int>)] = []
        CanonicalMembers.forEach(in: bytes.span, 0..<bytes.count) { found.append(($0, $1)) }
        return found.map { (String(decoding: bytes[$0], as: UTF8.self), String(decoding: bytes[$1], as: UTF8.self)) }
    }

    private func membersFromEnd(_ bytes: [UInt8], _ count: Int = .max) -> [(key: String, value: String)] {
        var found: [(Range<Int>, Range<Int>)] = []
        CanonicalMembers.forEachFromEnd(in: bytes.span, 0..<bytes.count) {
            found.append(($0, $1))
            return found.count < count
        }
        return found.map { (String(decoding: bytes[$0], as: UTF8.self), String(decoding: bytes[$1], as: UTF8.self)) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `are the same from the end`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var object: [String: JSONValue] = ["": 1, "\"": "\\", "\\": "\"", "a\\\"": ["x\\\"": "\\\\\""]]
        for number in 0..<8 { object["key\(number)"] = .random(using: &random, depth: 4) }
        let bytes = JSONValue.object(JSONObject(object)).canonicalBytes()
        let (forward, backward) = (members(bytes), membersFromEnd(bytes))
        #expect(forward.map(\.key) == backward.map(\.key).reversed())
        #expect(forward.map(\.value) == backward.map(\.value).reversed())
        #expect(membersFromEnd(bytes, 3).count == 3 && membersFromEnd(Array("{}".utf8)).isEmpty)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `are those that strict parsing finds`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var object: [String: JSONValue] = [:]
        for number in 0..<8 { object["key\(number)"] = .random(using: &random, depth: 4) }
        let found = members(JSONValue.object(JSONObject(object)).canonicalBytes())
        #expect(found.map(\.key) == object.keys.sorted())
        for (key, value) in found { #expect(try JSONValue.parse(Array(value.utf8)) == object[key]) }
    }

    /// Strings are scanned eight bytes at once: every length, and an escape at every place of it.
    @Test func `end where the string ends, wherever it is escaped`() throws {
        for length in 0..<40 {
            for place in 0...length {
                for special in ["", "\"", "\\", "\n", "\u{1}", "é", "\\\""] {
                    var text = String(repeating: "x", count: length)
                    text.insert(contentsOf: special, at: text.index(text.startIndex, offsetBy: place))
                    let bytes = JSONValue.object(["a": .string(text), "b": 1]).canonicalBytes()
                    let found = members(bytes)
                    #expect(
                        found.map(\.key) == ["a", "b"] && membersFromEnd(bytes).map(\.value) == ["1", found[0].value])
                    #expect(try JSONValue.parse(Array(found[0].value.utf8)) == .string(text))
                }
            }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `stay within bytes that are not canonical`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = JSONValue.object(["a": .random(using: &random, depth: 4), "b": 1]).canonicalBytes()
        for _ in 0..<4 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        for end in 0...bytes.count {
            for (key, value) in members(Array(bytes[..<end])) + membersFromEnd(Array(bytes[(bytes.count - end)...])) {
                #expect(key.utf8.count + value.utf8.count <= 3 * end)
            }
        }
    }
}

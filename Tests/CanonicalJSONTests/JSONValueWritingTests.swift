import CanonicalJSON
import Foundation
import TestSupport
import Testing

@Suite struct `Canonical writing` {
    @Test func `gives back every canonical document byte for byte`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/canonical.jsonl")
        let lines = try Data(contentsOf: path).split(separator: 0x0A).map { Array($0) }
        #expect(lines.count == 15)
        for line in lines { #expect(try JSONValue.parse(line).canonicalBytes() == line) }
    }

    @Test func `escapes as RFC 8785 section 3.2.2.2 says`() {
        let text = "\u{20AC}$\u{F}\nA'B\"\\\\\"/\u{7F}"
        #expect(
            String(decoding: JSONValue.string(text).canonicalBytes(), as: UTF8.self) == #""€$\u000f\nA'B\"\\\\\"/"#
                + "\u{7F}\"")
    }

    @Test func `does not normalise text`() {
        let (composed, decomposed) = (JSONValue.string("\u{E9}"), JSONValue.string("e\u{301}"))
        #expect(composed.canonicalBytes() != decomposed.canonicalBytes())
    }

    @Test func `sorts keys by their bytes`() {
        let value: JSONValue = ["b": 1, "a": 2, "B": 3, "aa": 4, "": 5, "1": 6, "_": 7]
        #expect(
            String(decoding: value.canonicalBytes(), as: UTF8.self) == #"{"":5,"1":6,"B":3,"_":7,"a":2,"aa":4,"b":1}"#)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `is undone by strict parsing`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let value = JSONValue.random(using: &random, depth: 5)
        #expect(try JSONValue.parse(value.canonicalBytes()) == value)
        #expect(try JSONValue.parseRelaxed(Array(value.prettyPrinted().utf8)) == value)
    }

    @Test func `indents by two spaces for people`() {
        let value: JSONValue = ["b": [1, ["c": nil]], "a": [], "d": [:]]
        #expect(
            value.prettyPrinted() == """
                {
                  "a": [],
                  "b": [
                    1,
                    {
                      "c": null
                    }
                  ],
                  "d": {}
                }
                """)
    }

    @Test func `traps on keys and integers that have no canonical form`() async {
        await #expect(processExitsWith: .failure) { _ = JSONValue.object(["é": 1]).canonicalBytes() }
        await #expect(processExitsWith: .failure) { _ = JSONValue.integer(.max).canonicalBytes() }
    }
}

@Suite struct `Values` {
    @Test func `are read by kind`() {
        let value: JSONValue = ["n": nil, "b": true, "i": 7, "s": "x", "a": [1], "o": ["k": "v"]]
        #expect(value["i"]?.integerValue == 7 && value["s"]?.stringValue == "x" && value["b"]?.boolValue == true)
        #expect(value["a"]?.arrayValue == [1] && value["o"]?.objectValue == ["k": "v"] && value["n"] == .null)
        #expect(
            value["missing"] == nil && value["s"]?["k"] == nil && value.stringValue == nil && value.boolValue == nil)
        #expect(value.integerValue == nil && value.arrayValue == nil && value["s"]?.objectValue == nil)
    }

    @Test func `errors are readable and leak nothing`() {
        #expect("\(JSONError(.keyOrder, at: 7))" == "malformed JSON at byte 7: key-order")
    }
}

extension JSONValue {
    /// A value with strings of every kind of scalar.
    static func random(using random: inout SplitMix64, depth: Int) -> JSONValue {
        func text(_ scalars: ClosedRange<UInt32>) -> String {
            var text = ""
            for _ in 0..<Int.random(in: 0..<6, using: &random) {
                if let scalar = Unicode.Scalar(UInt32.random(in: scalars, using: &random)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            return text
        }
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: JSONValue.integers, using: &random))
        case 3: return .integer(.random(in: -9...9, using: &random))
        case 4: return .string(text(0...0x10FFFF))
        case 5: return .string(text(0...0x7F))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<5, using: &random)).map { _ in .random(using: &random, depth: depth - 1) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                members[text(0...0x7F)] = .random(using: &random, depth: depth - 1)
            }
            return .object(JSONObject(members))
        }
    }
}

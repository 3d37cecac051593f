import CanonicalJSON
import TestSupport
import Testing

@Suite struct `Strict parsing` {
    @Test(arguments: [
        (" 1", JSONError.Code.unexpectedByte), ("1 ", .trailingBytes), ("1\n", .trailingBytes), ("", .truncated),
        ("[1, 2]", .unexpectedByte), ("{\"a\" :1}", .unexpectedByte), ("[1,]", .unexpectedByte),
        ("[,1]", .unexpectedByte),
        ("{\"a\":1,}", .unexpectedByte), ("{\"b\":1,\"a\":2}", .keyOrder), ("{\"a\":1,\"a\":2}", .duplicateKey),
        ("{\"aa\":1,\"a\":2}", .keyOrder), ("{\"a\":{\"y\":1,\"x\":2}}", .keyOrder), ("{\"é\":1}", .key),
        ("1.0", .number), ("1.5", .number), ("1e3", .number), ("1E3", .number), ("-0", .number), ("01", .number),
        ("-", .number), ("-01", .number), ("00", .number), ("9007199254740993", .number), ("+1", .unexpectedByte),
        ("-9007199254740993", .number), ("99999999999999999999999999999999", .number), (".5", .unexpectedByte),
        ("NaN", .unexpectedByte), ("Infinity", .unexpectedByte), ("tru", .truncated), ("nulL", .unexpectedByte),
        ("\"\\/\"", .escape), ("\"\\u0041\"", .escape), ("\"\\u000a\"", .escape), ("\"\\u000B\"", .escape),
        ("\"\\u00e9\"", .escape), ("\"\\ud83d\\ude00\"", .escape), ("\"\\ud800\"", .escape), ("\"\\x\"", .escape),
        ("\"\\u00\"", .escape), ("\"\\u00", .truncated), ("\"\u{0001}\"", .unexpectedByte), ("\"\n\"", .unexpectedByte),
        ("\"a", .truncated), ("\"a\\", .truncated), ("[1", .truncated), ("{\"a\"", .truncated), ("{\"a\":", .truncated),
        ("{", .truncated), ("{1:2}", .unexpectedByte), ("[1 2]", .unexpectedByte), ("1 2", .trailingBytes),
        ("\u{FEFF}1", .unexpectedByte), ("'a'", .unexpectedByte), ("[]]", .trailingBytes),
        ("{\"a\":1]", .unexpectedByte),
    ])
    func `refuses what the canonical writer does not write`(text: String, code: JSONError.Code) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
        #expect(error?.code == code)
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
        ] as [[UInt8]])
    func `refuses strings that are not UTF-8`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue.parse(bytes) }
        #expect(throws: JSONError.self) { try JSONValue.parseRelaxed(bytes) }
    }

    @Test func `notices what is special in a string wherever it stands`() throws {
        let plain = Array("é\u{7F}~ !#[]\u{FFFF}{}: ABCDEFGH".utf8)
        #expect(try JSONValue.parse([0x22] + plain + [0x22]) == .string(String(decoding: plain, as: UTF8.self)))
        for place in 2...plain.count where place == plain.count || plain[place] < 0x80 {
            for (byte, code) in [(0x1F, .unexpectedByte), (0, .unexpectedByte), (0x5C, .escape)]
                as [(UInt8, JSONError.Code)]
            where place < plain.count || byte != 0x5C {
                let bytes = [0x22] + plain[..<place] + [byte] + plain[place...] + [0x22]
                #expect(throws: JSONError(code, at: place + 1)) { try JSONValue.parse(bytes) }
            }
            let ended = [0x22] + plain[..<place] + [0x22]
            #expect(try JSONValue.parse(ended) == .string(String(decoding: plain[..<place], as: UTF8.self)))
        }
    }

    @Test func `takes 32 levels and no more, without deep recursion on hostile input`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONValue.parse(nested(32))
        #expect(throws: JSONError(.depth, at: 32)) { try JSONValue.parse(nested(33)) }
        #expect(throws: JSONError(.depth, at: 32)) { try JSONValue.parseRelaxed(nested(1_000_000)) }
        let objects = String(repeating: "{\"a\":", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(objects.utf8)) }
    }

    @Test func `builds only the members asked for but checks all`() throws {
        let text = #"{"a":{"x":[1,"é"]},"b":2,"c":[{"d":"\n"}]}"#
        let kept = try JSONValue.parse(Array(text.utf8), keeping: ["b", "z"])
        #expect(kept == ["b": 2])
        for broken in [#"{"a":{"y":1,"x":2},"b":2}"#, #"{"a":"\/","b":2}"#, "[1]", #"{"b":2,"b":2}"#, #"{"b":2} "#] {
            #expect(throws: JSONError.self) { try JSONValue.parse(Array(broken.utf8), keeping: ["b"]) }
        }
    }
}

@Suite struct `Relaxed parsing` {
    @Test func `takes white space, any key order and every escape`() throws {
        let text = " \t\r\n{ \"b\" : [ 1 , true , null ] , \"a\" : \"\\u00e9\\/\\ud83d\\ude00\\u0000\\u000A\" } "
        let expected: JSONValue = ["a": "é/😀\u{0}\n", "b": [1, true, nil]]
        #expect(try JSONValue.parseRelaxed(Array(text.utf8)) == expected)
    }

    @Test(arguments: ["1.5", "1e3", "-0", "0.1", "1E-7", "9007199254740993", "-1.0", "123456789012345678901234567890"])
    func `keeps the spelling of numbers it does not hold`(text: String) throws {
        #expect(try JSONValue.parseRelaxed(Array(text.utf8)) == .string(text))
    }

    @Test(arguments: [
        "01", "1.", "1.e3", "1e", "1e+", "-", "+1", ".5", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "{\"a\":1,\"a\":1}", "{\"é\":1}", "{\"\\u00e9\":1}", "[1,]", "{\"a\":1,}", "\"\t\"", "", " ",
        "[",
        "\"\\ud83d", "\"\\ud83d\\", "\"\\ud83d\\u", "1 1", "/*c*/1", "{a:1}", "True",
    ])
    func `refuses what is no JSON, and what cannot be written canonically`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parseRelaxed(Array(text.utf8)) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `survives damaged documents, and what it accepts is canonical once written`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let value = JSONValue.random(using: &random, depth: 4)
        for _ in 0..<50 {
            var bytes = value.canonicalBytes()
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(Array("{}[]\",:\\u0123eE.-".utf8).randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeLast(bytes.count - place)
                }
            }
            if let strict = try? JSONValue.parse(bytes) { #expect(strict.canonicalBytes() == bytes) }
            if let relaxed = try? JSONValue.parseRelaxed(bytes) {
                #expect(try JSONValue.parse(relaxed.canonicalBytes()) == relaxed)
            }
        }
    }
}

import CanonicalJSON
import Testing

/// The test data of RFC 8785's reference implementation (github.com/cyberphone/json-canonicalization, `testdata/`,
/// Apache-2.0) and the numbers of its appendix B: what our subset holds is the same byte for byte, the rest is refused.
@Suite struct `Published RFC 8785 vectors` {
    @Test(arguments: [
        // arrays.json, unicode.json, and structures.json without the fraction of 56.0.
        (
            "[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  }\n]",
            #"[56,{"1":[],"10":null,"d":true}]"#
        ),
        ("{\n  \"Unnormalized Unicode\":\"\\u1e0d\\u0307\"\n}\n", "{\"Unnormalized Unicode\":\"\u{1E0D}\u{307}\"}"),
        (
            "{\n  \"1\": {\"f\": {\"f\": \"hi\",\"F\": 5} ,\"\\n\": 56},\n  \"10\": { },\n  \"\": \"empty\",\n  \"a\": { },\n  \"111\": [ { } ],\n  \"A\": { }\n}",
            #"{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}"#
        ),
        // Of values.json what is no number, and of weird.json what has keys of ASCII.
        (
            #"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#,
            #"{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        ),
        (#"{"1": "One", "</script>": "Browser Challenge"}"#, #"{"1":"One","</script>":"Browser Challenge"}"#),
    ])
    func `are canonical once written`(input: String, output: String) throws {
        let value = try JSONValue.parseRelaxed(Array(input.utf8))
        #expect(value.canonicalBytes() == Array(output.utf8))
        #expect(try JSONValue.parse(Array(output.utf8)) == value)
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(input.utf8)) }
    }

    @Test(arguments: [
        // french.json and weird.json: keys that are not ASCII.
        #"{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ingnore locale"}"#,
        "{\"1\":\"One\",\"\u{80}\":\"Control\u{7F}\"}", #"{"€":"Euro Sign"}"#, #"{"😂":"Smiley"}"#,
        "{\"\u{FB33}\":\"Dagesh\"}",
        // values.json: numbers that are no integers.
        #"{"numbers":[1e+30,4.5,333333333.3333333,0.002,1e-27]}"#,
        // Appendix B: IEEE 754 values with their sample, and those that JSON does not have.
        "[5e-324]", "[-5e-324]", "[1.7976931348623157e+308]", "[-1.7976931348623157e+308]", "[295147905179352830000]",
        "[9.999999999999997e+22]", "[1e+23]", "[1.0000000000000001e+23]", "[999999999999999700000]", "[1e+21]",
        "[9.999999999999997e-7]", "[0.000001]", "[333333333.3333332]", "[-0.0000033333333333333333]",
        "[1424953923781206.2]", "[NaN]", "[Infinity]", "[-0]",
    ])
    func `beyond our subset are refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
    }

    @Test(arguments: ["[0]", "[9007199254740992]", "[-9007199254740992]"])
    func `of appendix B that are integers are kept`(text: String) throws {
        #expect(try JSONValue.parse(Array(text.utf8)).canonicalBytes() == Array(text.utf8))
    }
}

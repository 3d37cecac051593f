import Crypto
import TestSupport
import Testing

@Suite struct `Base64 text` {
    @Test(arguments: [
        // RFC 4648 section 10.
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `agrees with RFC 4648`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Z===", "Zm9v\n", " Zm9v", "Zm-_", "Zm9v=", "Z=g=",
        "Zg==Zg==",
        "Zm9vé", "\u{0}AAA",
    ])
    func `refuses every other spelling`(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: 0..<100 as Range<UInt64>) func `gives every byte string back`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<Int.random(in: 0..<300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }
}

@Suite struct `Hexadecimal text` {
    @Test func `is lower case and read in either`() {
        #expect(Hex.encode([0x00, 0x9A, 0xFF]) == "009aff")
        #expect(Hex.decode("009AfF") == [0x00, 0x9A, 0xFF] && Hex.decode("") == [])
    }

    @Test(arguments: ["0", "0g", " 00", "0x00", "é"]) func `refuses anything else`(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}

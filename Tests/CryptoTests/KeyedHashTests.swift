import Crypto
import Testing

@Suite struct `HMAC-SHA256` {
    @Test(arguments: [
        // RFC 4231 test cases 1, 2, 3, 6 and 7: key, message, code.
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            // An empty key and message: the value that Python's hmac module gives.
            "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        ),
    ])
    func `agrees with RFC 4231`(key: String, message: String, code: String) throws {
        let (key, message) = (try #require(Hex.decode(key)), try #require(Hex.decode(message)))
        #expect(HMACSHA256.authenticate(message, key: key).hex == code)
        #expect(HMACSHA256.authenticate(message, key: SecretBytes(key)).hex == code)
    }
}

@Suite struct `HKDF-SHA256` {
    @Test(arguments: [
        // RFC 5869 appendix A.1 and A.3: secret, salt, info, output.
        (
            String(repeating: "0b", count: 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            String(repeating: "0b", count: 22), "", "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ])
    func `agrees with RFC 5869`(secret: String, salt: String, info: String, output: String) throws {
        let inputs = try [secret, salt, info].map { try #require(Hex.decode($0)) }
        let derived = HKDF.derive(
            secret: SecretBytes(inputs[0]), salt: inputs[1], info: inputs[2], count: output.count / 2)
        #expect(derived.withBytes { Hex.encode(Array($0)) } == output)
    }

    @Test func `agrees with RFC 5869 appendix A.2, the long one`() {
        let derived = HKDF.derive(
            secret: SecretBytes(Array(0x00...0x4F)), salt: Array(0x60...0xAF), info: Array(0xB0...0xFF), count: 82)
        #expect(
            derived.withBytes { Hex.encode(Array($0)) }
                == "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        )
    }
}

@Suite struct `Secrets` {
    @Test func `are never printed`() {
        let secret = SecretBytes(Array("hunter2".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret)" == "(secret)" && String(reflecting: secret) == "(secret)" && !dumped.contains("104"))
        #expect(secret.count == 7 && secret.withBytes { $0[0] } == 0x68)
    }

    @Test func `are random, and as long as asked`() {
        #expect(Set((0..<100).map { _ in SecureRandom.bytes(16) }).count == 100)
        #expect(SecureRandom.bytes(0).isEmpty && SecureRandom.secret(32).count == 32)
        #expect(SecureRandom.secret(32).withBytes { Array($0) } != [UInt8](repeating: 0, count: 32))
        #expect(SecretBytes([]).withBytes { Array($0) } == [])
    }
}

import Crypto
import TestSupport
import Testing

@Suite struct `AES-256-GCM` {
    /// Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", as NIST took them over.
    struct Vector: Sendable {
        let key, nonce, plaintext, aad, ciphertext, tag: String
    }

    static let vectors = [
        Vector(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), plaintext: "", aad: "",
            ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: String(repeating: "00", count: 16), aad: "", ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
            plaintext:
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            ciphertext:
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test(arguments: vectors) func `agrees with the published test cases`(vector: Vector) throws {
        func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }
        let key = SecretBytes(try bytes(vector.key))
        let sealed = AESGCM.seal(
            try bytes(vector.plaintext), key: key, aad: try bytes(vector.aad), nonce: try bytes(vector.nonce))
        #expect(Hex.encode(sealed) == vector.nonce + vector.ciphertext + vector.tag)
        #expect(try AESGCM.open(sealed, key: key, aad: try bytes(vector.aad)) == bytes(vector.plaintext))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 4096, 1 << 20]) func `opens what it sealed, each time another`(count: Int)
        throws
    {
        let (key, plaintext) = (SecureRandom.secret(32), SecureRandom.bytes(count))
        let (first, second) = (AESGCM.seal(plaintext, key: key, aad: [1]), AESGCM.seal(plaintext, key: key, aad: [1]))
        #expect(first.count == count + AESGCM.overhead && first != second)
        #expect(try AESGCM.open(first, key: key, aad: [1]) == plaintext)
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func `notices every change`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let key = SecureRandom.secret(32)
        var sealed = AESGCM.seal(Array("a chest radiograph".utf8), key: key, aad: [1, 2])
        #expect(throws: CryptoError.authentication) { try AESGCM.open(sealed, key: key, aad: [1, 3]) }
        #expect(throws: CryptoError.authentication) { try AESGCM.open(sealed, key: key) }
        #expect(throws: CryptoError.authentication) {
            try AESGCM.open(sealed, key: SecureRandom.secret(32), aad: [1, 2])
        }
        #expect(throws: CryptoError.authentication) {
            try AESGCM.open(Array(sealed.dropLast()), key: key, aad: [1, 2])
        }
        sealed[Int.random(in: sealed.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        #expect(throws: CryptoError.authentication) { try AESGCM.open(sealed, key: key, aad: [1, 2]) }
    }

    @Test(arguments: 0..<AESGCM.overhead) func `opens nothing shorter than nonce and tag`(count: Int) {
        #expect(throws: CryptoError.authentication) {
            try AESGCM.open([UInt8](repeating: 0, count: count), key: SecureRandom.secret(32))
        }
    }

    @Test func `takes keys of 32 bytes only`() async {
        #expect(throws: CryptoError.keyLength) { try AESGCM.open([], key: SecureRandom.secret(16)) }
        await #expect(processExitsWith: .failure) { _ = AESGCM.seal([1], key: SecureRandom.secret(16)) }
    }
}

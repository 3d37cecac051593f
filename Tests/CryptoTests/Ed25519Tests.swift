import COpenSSL
import Crypto
import TestSupport
import Testing

@Suite struct `Ed25519 signatures` {
    /// One test of RFC 8032 section 7.1.
    struct Vector: Sendable {
        let seed, key, message, signature: String
    }

    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test(arguments: vectors) func `agrees with RFC 8032`(vector: Vector) throws {
        let key = try Ed25519.PrivateKey(seed: SecretBytes(try #require(Hex.decode(vector.seed))))
        let message = try #require(Hex.decode(vector.message))
        #expect(Hex.encode(key.publicKey.bytes) == vector.key)
        #expect(Hex.encode(key.sign(message)) == vector.signature)
        #expect(key.publicKey.verify(key.sign(message), message))
        #expect(key.publicKey.keyID == SHA256.hash(key.publicKey.bytes))
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func `agrees with OpenSSL both ways`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
        let (raw, message) = (bytes(32), bytes(Int(seed) * 13))
        let key = try Ed25519.PrivateKey(seed: SecretBytes(raw))
        let other = OpenSSLKey(seed: raw)
        #expect(other.sign(message) == key.sign(message))
        #expect(other.verify(key.sign(message), message) && key.publicKey.verify(other.sign(message), message))
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func `refuses every changed bit`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let key = try Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: UInt8(seed), count: 32)))
        let message = Array("message \(seed)".utf8)
        let signature = key.sign(message)
        var (changed, other) = (signature, message)
        changed[Int.random(in: 0..<64, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        other[Int.random(in: 0..<message.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        #expect(!key.publicKey.verify(changed, message) && !key.publicKey.verify(signature, other))
        #expect(!key.publicKey.verify(Array(signature.dropLast()), message) && !key.publicKey.verify([], message))
        #expect(!Ed25519.PrivateKey.generate().publicKey.verify(signature, message))
    }

    @Test func `refuses a signature whose scalar was raised by the order of the group`() throws {
        let key = try Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: 7, count: 32)))
        var signature = key.sign([1, 2, 3])
        // L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032 section 5.1), little-endian.
        let order = try #require(Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        var carry = 0
        for position in 0..<32 {
            let sum = Int(signature[32 + position]) + Int(order[position]) + carry
            signature[32 + position] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(carry == 0 && !key.publicKey.verify(signature, [1, 2, 3]))
    }

    @Test(arguments: [
        // The points of small order, and encodings of y that are not below p = 2^255 - 19.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ])
    func `takes no public key of small order, off the curve or in another encoding`(hex: String) throws {
        #expect(throws: CryptoError.publicKey) { try Ed25519.PublicKey(try #require(Hex.decode(hex))) }
    }

    @Test(arguments: [0, 31, 33, 64]) func `takes no key of another length`(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError.keyLength) { try Ed25519.PublicKey(bytes) }
        #expect(throws: CryptoError.keyLength) { try Ed25519.PrivateKey(seed: SecretBytes(bytes)) }
    }
}

/// Ed25519 by OpenSSL, to compare with.
private final class OpenSSLKey {
    private let key: OpaquePointer?

    init(seed: [UInt8]) { key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) }
    deinit { EVP_PKEY_free(key) }

    func sign(_ message: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var (signature, count) = ([UInt8](repeating: 0, count: 64), 64)
        EVP_DigestSignInit(context, nil, nil, nil, key)
        EVP_DigestSign(context, &signature, &count, message, message.count)
        return signature
    }

    func verify(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        EVP_DigestVerifyInit(context, nil, nil, nil, key)
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

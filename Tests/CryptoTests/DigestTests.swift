import Crypto
import TestSupport
import Testing

@Suite struct `SHA-256` {
    // FIPS 180-4 examples (NIST CSRC).
    private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    private static let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

    @Test func `agrees with the published examples`() {
        #expect(SHA256.hash([] as [UInt8]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256.hash(Array("abc".utf8)).hex == Self.abc)
        #expect(SHA256.hash([UInt8](repeating: 0x61, count: 1_000_000)).hex == Self.million)
    }

    @Test func `gives the same for parts, prefixes, spans and steps`() {
        let (a, bc) = (Array("a".utf8), Array("bc".utf8))
        #expect(SHA256.hash(a, bc).hex == Self.abc)
        #expect(SHA256.hash(a, Array("b".utf8), Array("c".utf8)).hex == Self.abc)
        #expect(SHA256.hash(prefix: 0x61, bc).hex == Self.abc)
        #expect(SHA256.hash((a + bc).span).hex == Self.abc)
        let (left, right) = (SHA256.hash(a), SHA256.hash(bc))
        #expect(SHA256.hash(prefix: 1, left, right) == SHA256.hash([1] + left.bytes + right.bytes))
        let hasher = SHA256Hasher()
        for _ in 0..<1000 { hasher.update([UInt8](repeating: 0x61, count: 1000)) }
        #expect(hasher.finalize().hex == Self.million)
        hasher.update((a + bc).span)
        #expect(hasher.finalize().hex == Self.abc)
    }

    @Test func `holds on many threads at once`() async {
        await withTaskGroup(of: Bool.self) { group in
            for seed in 0..<64 {
                group.addTask {
                    let bytes = [UInt8](repeating: UInt8(seed), count: 1000 + seed)
                    let hasher = SHA256Hasher()
                    hasher.update(bytes)
                    let expected = hasher.finalize()
                    return (0..<500).allSatisfy { _ in SHA256.hash(bytes) == expected }
                }
            }
            for await isEqual in group { #expect(isEqual) }
        }
    }

    @Test func `MD5 agrees with RFC 1321`() {
        #expect(MD5.hash([]) == "d41d8cd98f00b204e9800998ecf8427e")
        #expect(MD5.hash(Array("message digest".utf8)) == "f96b697d7cb7938d525a2f31aaf161d0")
    }
}

@Suite struct `A digest` {
    @Test func `is 32 bytes in every form`() throws {
        let bytes = (0..<32).map { UInt8($0 * 7 & 0xFF) }
        let digest = try #require(Digest(bytes: bytes))
        #expect(digest.bytes == bytes && digest.withBytes { Array($0) } == bytes)
        #expect(Digest(hex: digest.hex) == digest && Digest(hex: digest.hex.uppercased()) == digest)
        #expect("\(digest)" == digest.hex && digest.hex.count == 64)
        var buffer: [UInt8] = [9]
        digest.append(to: &buffer)
        #expect(buffer == [9] + bytes)
        #expect(Digest(bytes: bytes.span) == digest)
        #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
    }

    @Test(arguments: [0, 31, 33]) func `has no other length`(count: Int) {
        #expect(Digest(bytes: [UInt8](repeating: 1, count: count)) == nil)
        #expect(Digest(hex: String(repeating: "0", count: 2 * count)) == nil)
    }

    @Test func `is no text that is not hexadecimal`() {
        let digits = Array(String(repeating: "0", count: 64).utf8)
        for (place, byte) in (0..<64).flatMap({ place in (0...255).map { (place, UInt8($0)) } }) {
            var changed = digits
            changed[place] = byte
            let value = Int(String(UnicodeScalar(byte)), radix: 16)
            #expect(
                Digest(hexDigits: changed.span)?.bytes[place / 2] == value.map { UInt8($0) << (place % 2 == 0 ? 4 : 0) }
            )
        }
        #expect(Digest(hex: String(repeating: "g", count: 64)) == nil)
        #expect(Digest(hex: String(repeating: "é", count: 32)) == nil)
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func `is ordered as its bytes`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pair = (0..<2).map { _ in (0..<32).map { _ in UInt8.random(in: 0...3, using: &random) } }
        let digests = try pair.map { try #require(Digest(bytes: $0)) }
        #expect((digests[0] < digests[1]) == pair[0].lexicographicallyPrecedes(pair[1]))
        #expect((digests[0] == digests[1]) == (pair[0] == pair[1]))
        #expect(constantTimeEqual(digests[0], digests[1]) == (pair[0] == pair[1]))
        #expect(constantTimeEqual(pair[0], pair[1]) == (pair[0] == pair[1]))
    }

    @Test func `byte strings of different lengths are not equal`() {
        #expect(constantTimeEqual([] as [UInt8], []) && !constantTimeEqual([1], [1, 2]))
    }
}

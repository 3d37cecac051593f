import Crypto
import Foundation
import TestSupport
import Testing

@Suite struct `A time stamp` {
    private static let digest = SHA256.hash(Array("a checkpoint".utf8))

    private func withAuthority(
        validity: Range<Int> = -3_600..<86_400, _ body: (LocalAuthority, TimestampAuthorities) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/tsa-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try LocalAuthority(in: folder, validity: validity)
        try await body(authority, TimestampAuthorities(pem: try authority.root))
    }

    private func token(of authority: LocalAuthority) throws -> TimestampToken {
        let request = TimestampRequest(imprint: Self.digest)
        return try TimestampToken(answer: try authority.reply(to: request.der), to: request)
    }

    @Test func `of openssl's own authority holds, here and there`() async throws {
        try await withAuthority { authority, trusted in
            let before = Date()
            let token = try token(of: authority)
            try token.verify(imprint: Self.digest, authorities: trusted)
            #expect(try authority.accepts(token: token.der, digest: Self.digest.hex))
            #expect(try TimestampToken(der: token.der) == token && token.imprint == Self.digest)
            #expect(token.time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z/) != nil, "\(token.time)")
            let time = try Date(token.time.prefix(19) + "Z", strategy: .iso8601)
            #expect(abs(time.timeIntervalSince(before)) < 10)
        }
    }

    @Test func `holds for what was stamped alone, and under whom is trusted alone`() async throws {
        try await withAuthority { authority, trusted in
            let token = try token(of: authority)
            let other = SHA256.hash(Array("another".utf8))
            #expect(throws: TimestampError.mismatch) { try token.verify(imprint: other, authorities: trusted) }
            #expect(throws: TimestampError.untrusted) { try token.verify(imprint: Self.digest, authorities: .system) }
            try await withAuthority { _, strangers in
                #expect(throws: TimestampError.untrusted) {
                    try token.verify(imprint: Self.digest, authorities: strangers)
                }
            }
        }
    }

    @Test func `is taken from the answer to its own request only`() async throws {
        try await withAuthority { authority, _ in
            let (first, second) = (TimestampRequest(imprint: Self.digest), TimestampRequest(imprint: Self.digest))
            let answer = try authority.reply(to: first.der)
            _ = try TimestampToken(answer: answer, to: first)
            #expect(throws: TimestampError.mismatch) { try TimestampToken(answer: answer, to: second) }
            let other = TimestampRequest(imprint: SHA256.hash([1]))
            #expect(throws: TimestampError.mismatch) { try TimestampToken(answer: answer, to: other) }
            // The authority does not know the request's form.
            let refusal = try authority.reply(to: Array("nonsense".utf8))
            #expect(throws: TimestampError.refused) { try TimestampToken(answer: refusal, to: first) }
        }
    }

    @Test func `outlives the certificate that signed it`() async throws {
        try await withAuthority(validity: -60..<6) { authority, trusted in
            let token = try token(of: authority)
            try await Task.sleep(for: .seconds(7))
            try token.verify(imprint: Self.digest, authorities: trusted)
            // And what is signed after its end is worth nothing.
            let late = try self.token(of: authority)
            #expect(throws: TimestampError.untrusted) { try late.verify(imprint: Self.digest, authorities: trusted) }
        }
    }

    @Test func `that was damaged anywhere never holds for other bytes, and mostly for none`() async throws {
        try await withAuthority { authority, trusted in
            let token = try token(of: authority)
            let place = try #require(token.der.firstRange(of: Self.digest.bytes))
            for offset in [0, 15, 31] {
                var der = token.der
                der[place.lowerBound + offset] ^= 1
                let forged = try TimestampToken(der: der)
                #expect(throws: TimestampError.untrusted) {
                    try forged.verify(imprint: forged.imprint, authorities: trusted)
                }
            }
            var random = SplitMix64(seed: 7)
            var held = 0
            for _ in 0..<500 {
                var der = token.der
                der[Int.random(in: der.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                guard let forged = try? TimestampToken(der: der),
                    (try? forged.verify(imprint: Self.digest, authorities: trusted)) != nil
                else { continue }
                held += 1
                #expect(forged.imprint == Self.digest && forged.time == token.time)
            }
            // Some bytes are signed by nobody: names of algorithms, the root's certificate that came along.
            #expect(held < 300)
        }
    }

    @Test(arguments: [[], [0], [0x30], [0x30, 0x80], [0x30, 0x03, 0x02, 0x01, 0x00], Array("-----BEGIN".utf8)])
    func `is no other bytes`(bytes: [UInt8]) {
        #expect(throws: TimestampError.malformed) { try TimestampToken(der: bytes) }
        let request = TimestampRequest(imprint: Self.digest)
        #expect(throws: TimestampError.self) { try TimestampToken(answer: bytes, to: request) }
    }

    @Test func `is bounded`() {
        let long = [UInt8](repeating: 0x30, count: TimestampToken.maximumSize + 1)
        #expect(throws: TimestampError.tooLarge) { try TimestampToken(der: long) }
        let request = TimestampRequest(imprint: Self.digest)
        #expect(throws: TimestampError.tooLarge) { try TimestampToken(answer: long, to: request) }
    }

    @Test(arguments: ["", "x", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
    func `needs an authority's certificate`(text: String) {
        #expect(throws: TimestampError.authorities) { try TimestampAuthorities(pem: Array(text.utf8)) }
    }
}

@Suite struct `A request for a time stamp` {
    @Test(
        arguments: [
            (0, "020100"), (0x7F, "02017f"), (0x80, "02020080"), (0x1234, "02021234"), (.max, "020900ffffffffffffffff"),
        ]
            as [(UInt64, String)])
    func `is DER with the digest and the nonce`(nonce: UInt64, integer: String) {
        let request = TimestampRequest(imprint: SHA256.hash([]), nonce: nonce)
        let hex = Hex.encode(request.der)
        let imprint = "302f300b06096086480165030402010420" + SHA256.hash([]).hex
        #expect(hex.hasPrefix("30") && hex.contains("020101" + imprint + integer + "0101ff"), "\(hex)")
    }

    @Test func `never asks the same twice`() {
        #expect(TimestampRequest(imprint: .zero).der != TimestampRequest(imprint: .zero).der)
    }
}

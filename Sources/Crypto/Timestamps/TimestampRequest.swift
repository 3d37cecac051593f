/// What a time-stamp authority is asked: to sign a digest with its time (RFC 3161 section 2.4.1).
public struct TimestampRequest: Sendable {
    /// The media types of RFC 3161 section 3.4.
    public static let contentType = "application/timestamp-query"
    public static let replyType = "application/timestamp-reply"

    public let imprint: Digest
    /// Random, so that an old answer is none to this request.
    let nonce: UInt64
    /// DER of the `TimeStampReq`: version 1, SHA-256, the nonce, and the wish for the signer's certificate.
    public let der: [UInt8]

    /// Asks about a digest.
    public init(imprint: Digest) {
        self.init(imprint: imprint, nonce: SecureRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Asks with a given nonce: for tests.
    package init(imprint: Digest, nonce: UInt64) {
        (self.imprint, self.nonce) = (imprint, nonce)
        // SHA-256 with absent parameters (RFC 5754 section 2); then the digest.
        let algorithm = DER.sequence(DER.element(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]))
        let message = DER.sequence(algorithm + DER.element(0x04, imprint.bytes))
        der = DER.sequence([0x02, 0x01, 0x01] + message + DER.integer(nonce) + [0x01, 0x01, 0xFF])
    }
}

/// The few forms of DER (X.690) that a request needs; all shorter than 128 bytes.
enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        precondition(content.count < 128, "a short element")
        return [tag, UInt8(content.count)] + content
    }

    static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    /// A number that is not negative, in as few bytes as it needs.
    static func integer(_ number: UInt64) -> [UInt8] {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
        let digits = Array(bytes.drop { $0 == 0 })
        return element(0x02, digits.first.map { $0 >= 0x80 } ?? true ? [0] + digits : digits)
    }
}

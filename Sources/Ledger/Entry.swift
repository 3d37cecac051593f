public import Crypto

/// A signed event as it is stored, hashed and exported.
///
/// Frozen layout: format 0x01 (1 byte); length of the envelope (4, big-endian); the envelope; signature algorithm
/// 0x01 = Ed25519 (1); key id, the SHA-256 of the raw public key (32); signature over DSSE's pre-authentication encoding
/// of (`DSSE.eventType`, envelope) (64).
public struct Entry: Hashable, Sendable {
    /// The most bytes of an entry.
    public static let maximumSize = 32_768
    /// How many bytes surround the envelope.
    public static let overhead = 1 + 4 + 1 + Digest.count + Ed25519.signatureCount
    /// The most bytes of an envelope.
    public static let maximumEnvelopeSize = maximumSize - overhead

    /// Canonical JSON; not parsed yet.
    public let envelope: [UInt8]
    /// Which key signed.
    public let keyID: Digest
    /// 64 bytes.
    public let signature: [UInt8]

    private static let format: UInt8 = 0x01
    private static let algorithm: UInt8 = 0x01

    /// Signs an envelope and gives the bytes to store; one over `maximumEnvelopeSize` is a mistake in our code.
    public static func encode(envelope: [UInt8], key: Ed25519.PrivateKey) -> [UInt8] {
        precondition(envelope.count <= maximumEnvelopeSize, "the envelope was not checked")
        let message = DSSE.preAuthenticationEncoding(type: DSSE.eventType, body: envelope)
        return encode(envelope: envelope, keyID: key.publicKey.keyID, signature: key.sign(message))
    }

    /// The same with any signer.
    ///
    /// - Throws: `.signer` when it cannot be asked.
    public static func encode(envelope: [UInt8], signer: any Signer) throws(CryptoError) -> [UInt8] {
        precondition(envelope.count <= maximumEnvelopeSize, "the envelope was not checked")
        let message = DSSE.preAuthenticationEncoding(type: DSSE.eventType, body: envelope)
        return encode(envelope: envelope, keyID: signer.publicKey.keyID, signature: try signer.sign(message))
    }

    /// Puts the parts of an entry together.
    static func encode(envelope: [UInt8], keyID: Digest, signature: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(envelope.count + overhead)
        bytes.append(format)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: envelope.count >> shift)) }
        bytes += envelope
        bytes.append(algorithm)
        keyID.append(to: &bytes)
        bytes += signature
        return bytes
    }

    /// Takes the parts as they are.
    init(envelope: [UInt8], keyID: Digest, signature: [UInt8]) {
        (self.envelope, self.keyID, self.signature) = (envelope, keyID, signature)
    }

    /// Takes stored bytes apart; neither envelope nor signature are checked.
    ///
    /// - Throws: `.layout`, or `.tooLarge` for more than `maximumSize` bytes.
    public init(decoding bytes: [UInt8]) throws(LedgerError) {
        let range = try Self.envelopeRange(in: bytes)
        let start = range.upperBound + 1
        guard let keyID = Digest(bytes: bytes.span.extracting(start..<start + Digest.count)) else {
            throw LedgerError(.layout)
        }
        envelope = Array(bytes[range])
        self.keyID = keyID
        signature = Array(bytes.suffix(Ed25519.signatureCount))
    }

    /// Where the envelope stands in stored bytes, whose layout is checked.
    ///
    /// - Throws: `.layout`, or `.tooLarge` for more than `maximumSize` bytes.
    public static func envelopeRange(in bytes: [UInt8]) throws(LedgerError) -> Range<Int> {
        try envelopeRange(in: bytes.span)
    }

    /// The same in borrowed bytes.
    static func envelopeRange(in bytes: Span<UInt8>) throws(LedgerError) -> Range<Int> {
        guard bytes.count <= maximumSize else { throw LedgerError(.tooLarge, "entry of \(bytes.count) bytes") }
        guard bytes.count >= overhead else { throw LedgerError(.layout, "entry of \(bytes.count) bytes") }
        guard bytes[0] == format else { throw LedgerError(.layout, "entry format \(bytes[0])") }
        let length = (1...4).reduce(0) { $0 << 8 | Int(bytes[$1]) }
        guard length == bytes.count - overhead else { throw LedgerError(.layout, "envelope of \(length) bytes") }
        let end = 5 + length
        guard bytes[end] == algorithm else { throw LedgerError(.layout, "signature algorithm \(bytes[end])") }
        return 5..<end
    }

    /// The envelope within stored bytes that were taken apart before.
    public static func envelope(in bytes: [UInt8]) -> ArraySlice<UInt8> {
        precondition(bytes.count >= overhead, "the bytes of an entry")
        return bytes[5..<bytes.count - overhead + 5]
    }

    /// SHA-256 of the envelope: what the next event of the stream names as `previous`.
    public var envelopeDigest: Digest { SHA256.hash(envelope) }

    /// Whether the signature is the key's, and the entry names that key.
    public func verify(with key: Ed25519.PublicKey) -> Bool {
        keyID == key.keyID
            && key.verify(signature, DSSE.preAuthenticationEncoding(type: DSSE.eventType, body: envelope))
    }

    /// The RFC 6962 leaf hash of stored bytes.
    public static func hash(_ bytes: [UInt8]) -> Digest { Merkle.leafHash(entry: bytes) }
}

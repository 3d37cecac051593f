public import Crypto
import Ledger

/// One event that the log could not take when it happened, signed for the spool and not yet for the log.
///
/// Layout: length n of the envelope (4 bytes, big-endian, never 0), the envelope (n), key id (32), signature over DSSE's
/// pre-authentication encoding of (`DSSE.spoolType`, envelope) (64), zeros up to a multiple of 8. The envelope is that of
/// the event, but for the moment its `version` counts the spool's records from 0, `previous` names the record before, and
/// `recorded_at` is the time of spooling.
public struct SpoolRecord: Hashable, Sendable {
    /// Canonical JSON; not parsed yet.
    public let envelope: [UInt8]
    /// Which key signed.
    public let keyID: Digest
    /// 64 bytes.
    public let signature: [UInt8]

    static let lengthSize = 4
    static let alignment = 8

    /// How many bytes a record with an envelope of so many takes.
    static func size(envelope: Int) -> Int {
        let size = lengthSize + envelope + Digest.count + Ed25519.signatureCount
        return (size + alignment - 1) / alignment * alignment
    }

    /// Signs an envelope.
    init(signing envelope: [UInt8], with signer: any Signer) throws(CryptoError) {
        self.envelope = envelope
        keyID = signer.publicKey.keyID
        signature = try signer.sign(DSSE.preAuthenticationEncoding(type: DSSE.spoolType, body: envelope))
    }

    /// Takes the record at a place apart; nil when there is none, or no whole one.
    init?(in bytes: [UInt8], at offset: Int) {
        guard bytes.count - offset >= Self.lengthSize else { return nil }
        let length = bytes[offset..<offset + Self.lengthSize].reduce(0) { $0 << 8 | Int($1) }
        let size = Self.size(envelope: length)
        guard (1...Entry.maximumEnvelopeSize).contains(length), bytes.count - offset >= size else { return nil }
        let end = offset + Self.lengthSize + length
        guard let keyID = Digest(bytes: bytes[end..<end + Digest.count].span) else { return nil }
        let signed = end + Digest.count + Ed25519.signatureCount
        guard bytes[signed..<offset + size].allSatisfy({ $0 == 0 }) else { return nil }
        envelope = Array(bytes[offset + Self.lengthSize..<end])
        self.keyID = keyID
        signature = Array(bytes[end + Digest.count..<signed])
    }

    /// The bytes as they are stored.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size(envelope: envelope.count))
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: envelope.count >> shift)) }
        bytes += envelope
        keyID.append(to: &bytes)
        bytes += signature
        return bytes + [UInt8](repeating: 0, count: Self.size(envelope: envelope.count) - bytes.count)
    }

    /// Whether the signature is the key's, and the record names that key.
    public func verify(with key: Ed25519.PublicKey) -> Bool {
        keyID == key.keyID
            && key.verify(signature, DSSE.preAuthenticationEncoding(type: DSSE.spoolType, body: envelope))
    }
}

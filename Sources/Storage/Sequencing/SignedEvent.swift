import Crypto
import Ledger

/// An event as it will be stored, with the digests that its stream and the tree know it by.
struct SignedEvent: Sendable {
    let version: UInt64
    let recordedAt: Timestamp
    /// Of the envelope: what the next event of the stream names.
    let envelopeDigest: Digest
    /// The whole entry.
    let bytes: [UInt8]
    /// The leaf of the tree.
    let hash: Digest
    /// Which key signed.
    let keyID: Digest

    /// Signs an envelope that was made for a place and a time.
    ///
    /// - Throws: `.signer` when the signer cannot be asked.
    init(
        _ envelope: [UInt8], digest: Digest, version: UInt64, recordedAt: Timestamp, signer: any Signer
    ) throws(CryptoError) {
        (self.version, self.recordedAt, envelopeDigest) = (version, recordedAt, digest)
        keyID = signer.publicKey.keyID
        bytes = try Entry.encode(envelope: envelope, signer: signer)
        hash = Entry.hash(bytes)
    }
}

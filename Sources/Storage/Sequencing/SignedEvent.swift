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

    /// Signs an envelope that was made for a place and a time.
    init(_ envelope: [UInt8], digest: Digest, version: UInt64, recordedAt: Timestamp, key: Ed25519.PrivateKey) {
        (self.version, self.recordedAt, envelopeDigest) = (version, recordedAt, digest)
        bytes = Entry.encode(envelope: envelope, key: key)
        hash = Entry.hash(bytes)
    }
}

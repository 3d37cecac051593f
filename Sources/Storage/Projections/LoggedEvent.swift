public import Crypto
public import Ledger
public import Records

/// An event as it is read: the stored bytes, and what they say.
///
/// A class, since it is handed on many times, and each copy would count a reference to every text in it.
public final class LoggedEvent: Sendable {
    public let index: UInt64
    /// The whole entry.
    public let bytes: [UInt8]
    public let envelope: Envelope
    public let fact: StoredFact

    /// Reads a stored row.
    public convenience init(_ stored: StoredEntry) throws(StorageError) {
        try self.init(stored.bytes, at: stored.index)
    }

    /// Reads the bytes of an entry.
    public convenience init(_ bytes: [UInt8], at index: UInt64) throws(StorageError) {
        do { try self.init(bytes, Envelope(parsing: bytes[Entry.envelopeRange(in: bytes)]), at: index) } catch {
            throw StorageError(.corrupt, detail: "entry \(index): \(error)")
        }
    }

    /// Takes an entry whose envelope was read already.
    public init(_ bytes: [UInt8], _ envelope: Envelope, at index: UInt64) throws(RecordError) {
        (self.index, self.bytes, self.envelope) = (index, bytes, envelope)
        fact = try StoredFact(type: envelope.type, schema: envelope.schema, canonical: envelope.payloadBytes)
    }

    /// The RFC 6962 leaf hash.
    public var entryHash: Digest { Entry.hash(bytes) }

    /// The canonical JSON that was signed.
    public var envelopeBytes: ArraySlice<UInt8> { Entry.envelope(in: bytes) }
}

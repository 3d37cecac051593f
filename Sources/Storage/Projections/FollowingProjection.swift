public import Crypto
public import Ledger
public import Records

/// An event as projections see it.
public struct LoggedEvent: Sendable {
    public let index: UInt64
    public let entryHash: Digest
    public let envelope: Envelope
    public let fact: StoredFact

    public init(index: UInt64, entryHash: Digest, envelope: Envelope, fact: StoredFact) {
        (self.index, self.entryHash, self.envelope, self.fact) = (index, entryHash, envelope, fact)
    }

    /// Reads a stored row.
    public init(_ stored: StoredEntry) throws(StorageError) {
        do {
            let envelope = try Envelope(parsing: Entry(decoding: stored.bytes).envelope)
            let fact = try StoredFact(type: envelope.type, schema: envelope.schema, payload: envelope.payload)
            self.init(index: stored.index, entryHash: Entry.hash(stored.bytes), envelope: envelope, fact: fact)
        } catch { throw StorageError(.corrupt, detail: "entry \(stored.index): \(error)") }
    }
}

/// State that follows the log: a pure function from events to changes of its own tables.
public protocol FollowingProjection: Sendable {
    /// The name under which position and digest are reported.
    var name: String { get }
    /// A new version is another projection: it is folded from index 0 again.
    var version: Int { get }
    var tables: [Table] { get }

    /// What one event changes.
    func changes(for event: LoggedEvent) -> [TableChange]
}

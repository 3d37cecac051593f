public import Ledger

/// What a repeated command is recognised by: unique for a log, a principal and a key.
public struct IdempotencyRecord: Hashable, Sendable {
    public let principal: String
    /// Keyed digest of the client's key, in hex.
    public let key: String
    /// Keyed digest of the request, in hex: the same key with other content is an error.
    public let request: String
    /// The first entry that the command led to.
    public let index: UInt64

    public init(principal: String, key: String, request: String, index: UInt64) {
        (self.principal, self.key, self.request, self.index) = (principal, key, request, index)
    }

    /// One name for a principal's key.
    static func name(_ principal: String, _ key: String) -> String { principal + "\u{0}" + key }

    /// The name of this one.
    var name: String { Self.name(principal, key) }

    /// The record that an entry leads to, when its command had a key and the entry is the command's first.
    ///
    /// A command's entries stand together, and no other command has its key: those after the first follow one of the
    /// same key.
    public init?(_ event: EnvelopeColumns, at index: UInt64, after predecessor: EnvelopeColumns?) {
        guard let key = event.idempotency else { return nil }
        if predecessor?.idempotency == key, predecessor?.actor == event.actor { return nil }
        self.init(principal: event.actor, key: key.key, request: key.request, index: index)
    }

    /// The same of envelopes that were read whole.
    public init?(_ envelope: Envelope, at index: UInt64, after predecessor: Envelope?) {
        self.init(EnvelopeColumns(envelope), at: index, after: predecessor.map(EnvelopeColumns.init))
    }
}

/// What an audit found wrong, and at which entry.
public struct LedgerFinding: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of fault; the names are stable.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The bytes do not follow the layout of entries.
        case layout
        /// The envelope is not canonical JSON, or a field is missing, unknown or impossible.
        case canonical
        /// The entry belongs to another log.
        case origin
        /// The entry should certify keys, but its certificates do not lead to the pinned root.
        case root
        /// The entry does to a key what must not be done: certifies it again, retires it while it has no successor, names
        /// one that is not known, or says so in another stream than that of the keys.
        case keyLife = "key-life"
        /// The entry names a key that is not valid at its index.
        case key
        /// The signature does not hold.
        case signature
        /// The stream's versions are not 0, 1, 2 and so on.
        case streamOrder = "stream-order"
        /// The entry does not name the digest of the envelope before it in its stream.
        case previous
        /// The time of recording goes back.
        case time
    }

    public let index: UInt64
    public let code: Code
    /// One sentence for people.
    public let sentence: String

    public init(_ code: Code, at index: UInt64, _ sentence: String) {
        (self.index, self.code, self.sentence) = (index, code, sentence)
    }

    public var description: String { "entry \(index): \(code.rawValue): \(sentence)" }
}

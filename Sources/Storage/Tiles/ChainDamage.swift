/// Where stored bytes are not what the log promised.
public struct ChainDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of damage; the names are stable.
    public enum Code: String, Hashable, Sendable {
        /// The entry is not the one whose hash the tree holds.
        case entry
        /// The entry is not there.
        case missing
        /// The stored tiles do not make the root that was signed.
        case tiles
        /// The log does not go on from the tree that was published.
        case published
    }

    public let code: Code
    /// The first index that shows it.
    public let index: UInt64

    public init(_ code: Code, at index: UInt64) { (self.code, self.index) = (code, index) }

    public var description: String {
        switch code {
        case .entry: "Entry \(index) is not the one that was signed into the tree."
        case .missing: "Entry \(index) is missing."
        case .tiles: "The stored tree does not make the signed root; entry \(index) is the first that shows it."
        case .published: "The log does not go on from what was published at entry \(index)."
        }
    }
}

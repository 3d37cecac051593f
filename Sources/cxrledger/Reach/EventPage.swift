import CanonicalJSON
import Service

/// One event as it is stored: its envelope, by index.
struct EventLine: Codable, Sendable {
    let index: UInt64
    /// Hex; the leaf of the tree.
    let entryHash: String
    let envelope: JSONValue

    /// A text of the envelope.
    func text(_ name: String) -> String { envelope[name]?.stringValue ?? "" }
}

/// Events in index order.
struct EventPage: Codable, Sendable {
    let events: [EventLine]
    /// What to name as `since` the next time.
    let last: UInt64
    /// Whether the log had no more.
    let done: Bool
}

/// One event with its proof.
struct EventDetail: Codable, Sendable {
    let index: UInt64
    let entryHash: String
    let envelope: JSONValue
    let proof: ProofView
}

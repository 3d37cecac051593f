/// The lists as they follow the log.
public struct ListStandings: Codable, Sendable, Equatable {
    public let lists: [ListStanding]
}

/// One list: how far it has come, where it stands when it cannot go on, and what it passes over.
public struct ListStanding: Codable, Sendable, Equatable {
    public let name: String
    public let version: Int
    /// How many events it has seen.
    public let position: UInt64
    /// Nil while it goes on.
    public let stopped: Stop?
    /// In the order of the log.
    public let skipped: [Skip]

    public struct Stop: Codable, Sendable, Equatable {
        /// Of the event that it cannot take.
        public let index: UInt64
        public let detail: String
    }

    public struct Skip: Codable, Sendable, Equatable {
        /// Of the event that is passed over.
        public let index: UInt64
        public let reason: String
    }
}

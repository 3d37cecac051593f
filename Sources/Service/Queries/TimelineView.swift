/// What to look for in the timeline.
public struct TimelineFilter: Sendable {
    public var from: String?
    public var to: String?
    public var actor: String?
    public var credential: String?
    public var address: String?
    public var type: String?
    public var stream: String?
    public var model: String?
    public var outcome: String?
    public var limit = 100
    public var cursor: String?

    public init() {}
}

/// One page of the timeline, newest first.
public struct TimelinePage: Codable, Sendable {
    /// One event as a line.
    public struct Line: Codable, Sendable {
        public let index: UInt64
        public let eventId: String
        public let recordedAt: String
        public let occurredAt: String
        public let type: String
        public let stream: String
        public let actor: String
        /// The credential that acted.
        public let credential: String?
        /// The credential that was issued, ended or tried.
        public let aboutCredential: String?
        public let session: String?
        public let address: String?
        public let model: String?
        public let subject: String?
        public let outcome: String
        public let severity: String
        public let correlation: String
        public let summary: String
    }

    public let events: [Line]
    public let next: String?
    public let position: UInt64
    /// How far behind the list was; nil unless a standby answered.
    public let lag: ReadLag?
}

public import Records

/// A prediction as it is answered: over HTTP, on the command line, on the page.
public struct PredictionView: Codable, Sendable, Equatable {
    public struct Model: Codable, Sendable, Equatable {
        public let name: String
        public let version: String
        public let digest: String
    }

    public struct Image: Codable, Sendable, Equatable {
        public let format: String
        public let width: Int
        public let height: Int
        public let bytes: Int64
        /// SHA-256 of the sealed picture.
        public let digest: String
    }

    public struct Review: Codable, Sendable, Equatable {
        public let verdict: String
        public let label: String
        public let reviewer: String
        public let reason: String?
        public let recordedAt: String
        public let index: UInt64
    }

    public struct HistoryLine: Codable, Sendable, Equatable {
        public let index: UInt64
        public let type: String
        public let recordedAt: String
        public let actor: String
        public let outcome: String
    }

    public let id: String
    public let prediction: String
    public let probability: Double
    public let threshold: Double
    /// The probability of the label.
    public let confidence: Double
    /// By class.
    public let probabilities: [String: Double]
    /// The outputs of the model: one for the second of two classes, or one for each class.
    public let scores: [Double]
    public let model: Model
    public let preprocessing: Preprocessing
    public let subject: String
    public var patient: String?
    public var fileName: String?
    public let image: Image
    public let index: UInt64
    public let entryHash: String
    public let eventId: String
    public var checkpoint: String?
    public var level: String?
    public let recordedAt: String
    public let occurredAt: String
    public let actor: String
    public let cached: Bool
    public let durationMs: Double
    public var review: Review?
    public var reviews: [Review]?
    public var history: [HistoryLine]?
    public var limits: [String]?
}

/// One page of predictions, newest first.
public struct PredictionPage: Codable, Sendable {
    public let predictions: [PredictionView]
    /// What to send as `cursor` for the next page; nil at the end.
    public let next: String?
    /// How many events the list has seen.
    public let position: UInt64
    /// How many acknowledged entries are not here, of which predictions may be some; nil unless the log is BEHIND.
    public let missing: UInt64?
    /// How far behind the list was; nil unless a standby answered.
    public let lag: ReadLag?
}

/// How the service is, in the shape that operators' tools know, and more.
public struct HealthView: Codable, Sendable {
    public struct Check: Codable, Sendable {
        /// `healthy`, `degraded` or `unhealthy`.
        public let status: String
        public let message: String
    }

    public struct Chain: Codable, Sendable {
        public let lastIndex: Int64
        public let verifiedTo: Int64
        public let lag: Int64
    }

    public struct ModelStatus: Codable, Sendable {
        public let loaded: Bool
        public let name: String?
        public let version: String?
        public let digest: String?
    }

    public let status: String
    public let healthy: Bool
    public let timestamp: String
    public let version: String
    public let uptimeSeconds: Double
    public let checks: [String: Check]
    /// The same, under the name that the original's clients know.
    public let components: [String: Check]
    public let modelStatus: ModelStatus
    public let chain: Chain
}

/// What a verification of the whole store found, check by check.
public struct VerificationReport: Codable, Sendable {
    /// One thing that is wrong, with the first index or the file that shows it.
    public struct Finding: Codable, Sendable, Equatable {
        public let code: String
        public let index: UInt64?
        public let file: String?
        public let sentence: String
    }

    /// One thing that was looked at.
    public struct Check: Codable, Sendable {
        public let name: String
        public let standard: String
        /// `passed`, `failed` or `not checked`.
        public let verdict: String
        public let detail: String
    }

    /// `full`, `tree`, `signatures` or `sample`.
    public let mode: String
    public let ok: Bool
    public let origin: String
    public let size: UInt64
    /// Hex.
    public let root: String
    public let checkpoint: String?
    public let findings: [Finding]
    public let checks: [Check]
}

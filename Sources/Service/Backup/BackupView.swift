/// A backup that was taken.
public struct BackupView: Codable, Sendable {
    public let name: String
    public let path: String
    /// The folder with keys and wrapped secrets, to be kept apart and for a shorter time.
    public let secrets: String
    public let size: UInt64
    /// Hex.
    public let root: String
    public let bytes: Int64
    public let images: Int
}

/// What a restore arrived at.
public struct RestoreReport: Codable, Sendable {
    public let origin: String
    public let size: UInt64
    /// Hex.
    public let root: String
    /// What the restored log may do.
    enum State: String {
        case live, behind
        case readOnly = "read-only"
    }

    /// `live`, `behind` or `read-only`.
    public let state: String
    public let projections: [ProjectionReport]
    /// What was checked and what to do next, for people.
    public let sentences: [String]
}

/// What is published at one place.
public struct PublicationView: Codable, Sendable {
    /// `folder` or `s3`.
    public let target: String
    /// Where it is.
    public let place: String
    /// How many entries are published there.
    public let size: UInt64
    /// Why not everything is.
    public let code: String?
    public let detail: String?
}

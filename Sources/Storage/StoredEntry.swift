/// One row of the log: the signed bytes, and the columns by which they are found.
///
/// The columns repeat what the bytes say; `verify` compares them.
public struct StoredEntry: Hashable, Sendable {
    public let index: UInt64
    public let eventID: String
    public let stream: String
    public let version: UInt64
    public let type: String
    /// Whether the entry moved the epoch.
    public let isControl: Bool
    public let bytes: [UInt8]

    public init(
        index: UInt64, eventID: String, stream: String, version: UInt64, type: String, isControl: Bool, bytes: [UInt8]
    ) {
        (self.index, self.eventID, self.stream, self.version) = (index, eventID, stream, version)
        (self.type, self.isControl, self.bytes) = (type, isControl, bytes)
    }
}

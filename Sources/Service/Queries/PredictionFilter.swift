/// What to look for among the predictions.
public struct PredictionFilter: Sendable {
    public var patient: String?
    /// RFC 3339 times; from inclusive, to exclusive.
    public var from: String?
    public var to: String?
    public var label: String?
    /// Name, version or the beginning of a digest.
    public var model: String?
    public var reviewer: String?
    public var isReviewed: Bool?
    public var limit = 50
    public var cursor: String?
    /// Answer only after the list has seen the event with this index.
    public var waitForIndex: UInt64?

    public init() {}
}

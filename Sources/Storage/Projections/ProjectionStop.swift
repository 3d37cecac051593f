/// Where a projection stands that cannot go on by itself.
public struct ProjectionStop: Hashable, Sendable, CustomStringConvertible {
    public enum Cause: Hashable, Sendable { case unreadable, inapplicable, missing }

    /// The event that it cannot take.
    public let index: UInt64
    public let cause: Cause

    public init(index: UInt64, cause: Cause) { (self.index, self.cause) = (index, cause) }

    /// Whether a signed event may let it pass over this one: what is missing is damage, and must be brought back.
    public var canBeSkipped: Bool { cause != .missing }

    public var description: String {
        switch cause {
        case .unreadable: "event \(index) cannot be read"
        case .inapplicable: "event \(index) cannot be applied"
        case .missing: "event \(index) is missing"
        }
    }
}

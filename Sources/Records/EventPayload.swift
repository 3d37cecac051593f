/// The typed fields of one event type, stored as a JSON object with snake_case keys.
///
/// Only strings, booleans, integers within ±2^53, arrays and such objects; absent optionals are left out.
public protocol EventPayload: Codable, Hashable, Sendable {
    /// The name under which it is stored.
    static var type: EventType { get }
}

public import CanonicalJSON

/// The typed fields of one event type, stored as a JSON object with snake_case keys.
///
/// Only strings, booleans, integers within ±2^53, arrays and such objects; absent optionals are left out.
public protocol EventPayload: Codable, Hashable, Sendable {
    /// The name under which it is stored.
    static var type: EventType { get }

    /// Reads the fields of a stored payload.
    ///
    /// - Throws: `.malformed` with the name of a field that is missing or of another kind.
    static func read(from value: JSONValue) throws(RecordError) -> Self
}

extension EventPayload {
    public static func read(from value: JSONValue) throws(RecordError) -> Self {
        try PayloadDecoder.decode(Self.self, from: value)
    }
}

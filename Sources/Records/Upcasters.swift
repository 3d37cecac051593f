import CanonicalJSON

/// Pure functions from payloads as they were once stored to the fields of today; stored bytes never change.
enum Upcasters {
    typealias Step = @Sendable (JSONValue) -> JSONValue

    /// For each type the steps 1 → 2, 2 → 3, …; empty where the first schema still is today's.
    private static let steps: [EventType: [Step]] = [:]

    /// Lifts a payload from a stored schema version to the current one.
    static func lift(_ payload: JSONValue, of type: EventType, from schema: Int) throws(RecordError) -> JSONValue {
        try lift(payload, of: type, from: schema, to: type.schema, by: steps[type] ?? [])
    }

    /// The rule itself, apart from the list of steps, so that it is tested before the first step is needed.
    static func lift(
        _ payload: JSONValue, of type: EventType, from schema: Int, to current: Int, by steps: [Step]
    ) throws(RecordError) -> JSONValue {
        guard schema >= 1, schema <= current, steps.count >= current - 1 else {
            throw .unknownSchema(type: type.rawValue, schema: schema)
        }
        return steps[(schema - 1)..<(current - 1)].reduce(payload) { $1($0) }
    }
}

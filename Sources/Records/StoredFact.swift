public import CanonicalJSON

/// What a reader makes of a stored event: known, or kept as it is.
///
/// Logs outlive programs: a type this version does not know survives on read and is refused on write.
public enum StoredFact: Hashable, Sendable {
    case known(Event)
    case unknown(type: String, schema: Int, payload: JSONValue)

    /// Reads a stored payload; a known type whose fields do not fit is an error, an unknown one is not.
    public init(type: String, schema: Int, payload: JSONValue) throws(RecordError) {
        do {
            self = .known(try Event(type: type, schema: schema, payload: payload))
        } catch .unknownType, .unknownSchema {
            self = .unknown(type: type, schema: schema, payload: payload)
        }
    }

    /// Reads the canonical bytes of a payload.
    public init(type: String, schema: Int, canonical bytes: ArraySlice<UInt8>) throws(RecordError) {
        let usual = EventType.predictionRecorded
        if type == usual.rawValue, schema == usual.schema, let read = PredictionRecorded.read(canonical: bytes) {
            self = .known(.predictionRecorded(read))
            return
        }
        guard let payload = try? JSONValue.parse(Array(bytes)) else { throw .malformed(type: type, field: "") }
        try self.init(type: type, schema: schema, payload: payload)
    }
}

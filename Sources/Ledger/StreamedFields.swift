import CanonicalJSON

/// Reads the fields of an object, asked for in ascending order, while its bytes are walked through for the first time.
///
/// A refusal does not say what was wrong: whoever wants to know parses the bytes.
struct StreamedFields: FieldReading {
    private var cursor: CanonicalCursor

    /// Reads the object that the bytes are, of which every field must be asked for.
    static func read<Value>(
        _ bytes: ArraySlice<UInt8>, _ read: (inout Self) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        var fields = Self(cursor: CanonicalCursor(bytes))
        let value = try fields.object(read)
        try fields.checked { cursor throws(JSONError) in try cursor.finish() }
        return value
    }

    private mutating func object<Value>(
        _ read: (inout Self) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        try checked { cursor throws(JSONError) in try cursor.begin() }
        let value = try read(&self)
        try checked { cursor throws(JSONError) in try cursor.end() }
        return value
    }

    mutating func optionalValue(_ name: String) throws(LedgerError) -> JSONValue? {
        guard cursor.has(name) else { return nil }
        return try checked { cursor throws(JSONError) in try cursor.value() }
    }

    mutating func optionalObject<Value>(
        _ name: String, _ read: (inout Self) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value? {
        guard cursor.has(name) else { return nil }
        return try object(read)
    }

    mutating func canonicalObject(_ name: String) throws(LedgerError) -> ArraySlice<UInt8> {
        guard cursor.has(name) else { throw refusal(of: name) }
        let bytes = try checked { cursor throws(JSONError) in try cursor.canonicalBytes() }
        guard bytes.first == UInt8(ascii: "{") else { throw refusal(of: name) }
        return bytes
    }

    func refusal(of name: String) -> LedgerError { LedgerError(.field, name) }

    private mutating func checked<Value>(
        _ step: (inout CanonicalCursor) throws(JSONError) -> Value
    ) throws(LedgerError) -> Value {
        do { return try step(&cursor) } catch { throw LedgerError(.canonical) }
    }
}

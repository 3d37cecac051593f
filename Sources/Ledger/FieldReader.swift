package import CanonicalJSON

/// Reads the fields of an object that was parsed before.
package struct FieldReader: FieldReading {
    private let members: JSONObject
    private let path: String
    private var found = 0
    private var place = 0

    /// Opens an object; error messages put `path` before the names of its fields.
    package init(_ value: JSONValue, path: String) throws(LedgerError) {
        guard let members = value.objectValue else { throw LedgerError(.field, path.isEmpty ? "no object" : path) }
        (self.members, self.path) = (members, path)
    }

    package mutating func optionalValue(_ name: String) -> JSONValue? {
        guard let value = members.value(of: name, near: &place) else { return nil }
        found += 1
        return value
    }

    package mutating func optionalObject<Value>(
        _ name: String, _ read: (inout Self) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value? {
        guard let value = optionalValue(name) else { return nil }
        var fields = try Self(value, path: "\(path)\(name).")
        let result = try read(&fields)
        try fields.finish()
        return result
    }

    package mutating func canonicalObject(_ name: String) throws(LedgerError) -> ArraySlice<UInt8> {
        let value = try value(name)
        guard value.objectValue != nil else { throw refusal(of: name) }
        return value.canonicalBytes()[...]
    }

    /// Requires that every field was asked for.
    package func finish() throws(LedgerError) {
        guard found == members.count else { throw LedgerError(.field, "\(path)(unknown field)") }
    }

    package func refusal(of name: String) -> LedgerError { LedgerError(.field, path + name) }
}

import CanonicalJSON

/// The fields of a stored object, for types that are read too often for `Decoder`; best asked for in ascending order.
struct PayloadFields {
    private let members: JSONObject
    private let type: EventType
    private let path: String
    private var place = 0

    /// Opens the payload of an event.
    init(_ value: JSONValue, of type: EventType) throws(RecordError) { try self.init(value, of: type, path: "") }

    private init(_ value: JSONValue, of type: EventType, path: String) throws(RecordError) {
        guard case .object(let members) = value else { throw .malformed(type: type.rawValue, field: path) }
        (self.members, self.type, self.path) = (members, type, path)
    }

    private func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private func refusal(of name: String) -> RecordError { .malformed(type: type.rawValue, field: path(of: name)) }

    private mutating func value(_ name: String) throws(RecordError) -> JSONValue {
        guard let value = members.value(of: name, near: &place) else { throw refusal(of: name) }
        return value
    }

    mutating func text(_ name: String) throws(RecordError) -> String {
        guard case .string(let text) = try value(name) else { throw refusal(of: name) }
        return text
    }

    mutating func integer(_ name: String) throws(RecordError) -> Int64 {
        guard case .integer(let number) = try value(name) else { throw refusal(of: name) }
        return number
    }

    mutating func flag(_ name: String) throws(RecordError) -> Bool {
        guard case .bool(let flag) = try value(name) else { throw refusal(of: name) }
        return flag
    }

    mutating func texts(_ name: String) throws(RecordError) -> [String] {
        guard case .array(let elements) = try value(name) else { throw refusal(of: name) }
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else { throw refusal(of: name) }
        return texts
    }

    /// The fields of an object within this one.
    mutating func fields(_ name: String) throws(RecordError) -> PayloadFields {
        try PayloadFields(value(name), of: type, path: path(of: name))
    }
}

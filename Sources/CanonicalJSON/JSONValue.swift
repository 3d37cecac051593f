/// A value of the strict subset of JSON that is signed: no floats, integers within ±2^53, ASCII keys.
///
/// `==` compares strings as Swift does, by canonical equivalence; signed bytes are compared as bytes.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The integers that every JSON implementation reads exactly: ±2^53.
    public static let integers: ClosedRange<Int64> = -9_007_199_254_740_992...9_007_199_254_740_992

    /// How deeply arrays and objects may be nested; the outermost is at depth 1.
    public static let maximumDepth = 32
}

extension JSONValue {
    /// The member of an object; nil when it is absent or this is no object.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// The text, when this is a string.
    public var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number, when this is an integer.
    public var integerValue: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The truth value, when this is one.
    public var boolValue: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// The elements, when this is an array.
    public var arrayValue: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members, when this is an object.
    public var objectValue: JSONObject? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}

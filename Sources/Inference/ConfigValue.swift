import FoundationEssentials

/// A value of Keras' JSON, as it stands in the file.
enum ConfigValue: Sendable, Equatable, Decodable {
    case null, bool(Bool), integer(Int), number(Double), string(String), array([ConfigValue])
    case object([String: ConfigValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Each `try?` asks "is it this?"; the last line throws what is none of them.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([ConfigValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: ConfigValue].self))
        }
    }

    /// Parses one JSON document; `file` names it in errors.
    static func parse(_ bytes: [UInt8], file: String) throws(InferenceError) -> ConfigValue {
        guard nesting(of: bytes) <= Limits.jsonDepth else {
            throw InferenceError(.malformedConfig, "\(file) is nested more than \(Limits.jsonDepth) deep")
        }
        do {
            return try JSONDecoder().decode(ConfigValue.self, from: Data(bytes))
        } catch {
            throw InferenceError(.malformedConfig, "\(file) is not JSON")
        }
    }

    /// The depth of brackets, counted before decoding: the decoder recurses, and a thread's stack is small.
    private static func nesting(of bytes: [UInt8]) -> Int {
        var (depth, deepest, inString, escaped) = (0, 0, false, false)
        for byte in bytes {
            switch byte {
            case _ where escaped: escaped = false
            case UInt8(ascii: "\\") where inString: escaped = true
            case UInt8(ascii: "\""): inString.toggle()
            case _ where inString: break
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    subscript(key: String) -> ConfigValue? { object?[key] }

    var object: [String: ConfigValue]? { if case .object(let value) = self { value } else { nil } }
    var array: [ConfigValue]? { if case .array(let value) = self { value } else { nil } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        case .null, .bool, .string, .array, .object: nil
        }
    }
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }
}

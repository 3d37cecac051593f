import CanonicalJSON

/// Reads the typed fields of a payload from the stored JSON object.
enum PayloadDecoder {
    /// - Throws: `.malformed` with the name of the first field that is missing or of another kind.
    static func decode<Payload: EventPayload>(
        _: Payload.Type, from value: JSONValue
    ) throws(RecordError) -> Payload {
        do { return try Payload(from: ValueDecoder(value: value, codingPath: [])) } catch {
            throw .malformed(type: Payload.type.rawValue, field: Self.field(of: error))
        }
    }

    private static func field(of error: any Error) -> String {
        let path: [any CodingKey] =
            switch error as? DecodingError {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            case nil: []
            @unknown default: []
            }
        return path.map { SnakeCase.key($0.stringValue) }.joined(separator: ".")
    }

    private struct ValueDecoder: Decoder {
        let value: JSONValue
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
            guard case .object(let fields) = value else { throw mismatch(JSONObject.self, codingPath) }
            return KeyedDecodingContainer(Fields(fields: fields, codingPath: codingPath))
        }

        func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
            guard case .array(let items) = value else { throw mismatch([JSONValue].self, codingPath) }
            return Items(items: items, codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueDecodingContainer { Single(value: value, codingPath: codingPath) }
    }

    private static func mismatch(_ type: Any.Type, _ path: [any CodingKey]) -> DecodingError {
        .typeMismatch(type, .init(codingPath: path, debugDescription: "another kind of value"))
    }

    private static func read<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue, at path: [any CodingKey]
    ) throws -> Value {
        let plain: Any? =
            switch value {
            case .string(let text): text
            case .bool(let flag): flag
            case .integer(let number) where type == UInt64.self: UInt64(exactly: number)
            case .integer(let number) where type == Int.self: Int(number)
            case .integer(let number): number
            case .null, .array, .object: nil
            }
        if let plain = plain as? Value { return plain }
        if type == String.self || type == Bool.self || type == Int.self || type == Int64.self || type == UInt64.self {
            throw mismatch(type, path)
        }
        return try Value(from: ValueDecoder(value: value, codingPath: path))
    }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let fields: JSONObject
        let codingPath: [any CodingKey]
        var allKeys: [Key] { fields.keys.compactMap { Key(stringValue: $0) } }

        private func find(_ key: Key) -> JSONValue? {
            let name = key.stringValue
            return fields.first { SnakeCase.isKey($0.key, of: name) }?.value
        }

        private func value(_ key: Key) throws -> JSONValue {
            guard let value = find(key) else {
                throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
            }
            return value
        }

        func contains(_ key: Key) -> Bool { find(key) != nil }
        func decodeNil(forKey key: Key) throws -> Bool { try value(key) == .null }
        // Without these the standard library goes by way of `Any`.
        func decode(_ type: String.Type, forKey key: Key) throws -> String {
            guard case .string(let text) = try value(key) else { throw mismatch(type, codingPath + [key]) }
            return text
        }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
            guard case .integer(let number) = try value(key) else { throw mismatch(type, codingPath + [key]) }
            return number
        }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try read(type, from: value(key), at: codingPath + [key])
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            try ValueDecoder(value: value(key), codingPath: codingPath + [key]).container(keyedBy: Nested.self)
        }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try ValueDecoder(value: value(key), codingPath: codingPath + [key]).unkeyedContainer()
        }
        func superDecoder() -> any Decoder { ValueDecoder(value: .object(fields), codingPath: codingPath) }
        func superDecoder(forKey key: Key) throws -> any Decoder {
            ValueDecoder(value: try value(key), codingPath: codingPath + [key])
        }
    }

    private struct Items: UnkeyedDecodingContainer {
        let items: [JSONValue]
        let codingPath: [any CodingKey]
        var currentIndex = 0
        var count: Int? { items.count }
        var isAtEnd: Bool { currentIndex >= items.count }

        init(items: [JSONValue], codingPath: [any CodingKey]) { (self.items, self.codingPath) = (items, codingPath) }

        private mutating func next() throws -> JSONValue {
            guard !isAtEnd else { throw mismatch(JSONValue.self, codingPath) }
            defer { currentIndex += 1 }
            return items[currentIndex]
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, items[currentIndex] == .null else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try read(type, from: next(), at: codingPath)
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> {
            try ValueDecoder(value: next(), codingPath: codingPath).container(keyedBy: Nested.self)
        }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try ValueDecoder(value: next(), codingPath: codingPath).unkeyedContainer()
        }
        mutating func superDecoder() throws -> any Decoder { ValueDecoder(value: try next(), codingPath: codingPath) }
    }

    private struct Single: SingleValueDecodingContainer {
        let value: JSONValue
        let codingPath: [any CodingKey]
        func decodeNil() -> Bool { value == .null }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try read(type, from: value, at: codingPath)
        }
    }
}

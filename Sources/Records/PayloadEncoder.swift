import CanonicalJSON

/// Turns a payload into the stored JSON object: keys in snake_case, absent optionals left out.
enum PayloadEncoder {
    /// A payload is plain data, so encoding cannot fail; a floating-point field is a mistake in our code.
    static func encode(_ payload: any EventPayload) -> JSONValue {
        let node = Node()
        do { try payload.encode(to: ValueEncoder(node: node)) } catch {
            preconditionFailure("a payload holds only strings, booleans, integers, arrays and objects: \(error)")
        }
        return node.value
    }

    /// The place that the next value goes to.
    fileprivate final class Node {
        var leaf = JSONValue.null
        var object: [String: Node]?
        var array: [Node]?

        var value: JSONValue {
            if let object { return .object(JSONObject(object.mapValues(\.value))) }
            if let array { return .array(array.map(\.value)) }
            return leaf
        }
    }

    private struct ValueEncoder: Encoder {
        let node: Node
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
            node.object = node.object ?? [:]
            return KeyedEncodingContainer(Fields(node: node))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            node.array = node.array ?? []
            return Items(node: node)
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: node) }
    }

    private static func write(_ value: some Encodable, to node: Node) throws {
        switch value {
        case let text as String: node.leaf = .string(text)
        case let flag as Bool: node.leaf = .bool(flag)
        case let number as Int: node.leaf = .integer(Int64(number))
        case let number as Int64: node.leaf = .integer(number)
        case let number as UInt64: node.leaf = .integer(Int64(number))
        case is Double, is Float:
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "no floats in events"))
        default: try value.encode(to: ValueEncoder(node: node))
        }
    }

    private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let node: Node
        var codingPath: [any CodingKey] { [] }

        private func child(_ key: Key) -> Node {
            let child = Node()
            node.object?[SnakeCase.key(key.stringValue)] = child
            return child
        }

        mutating func encodeNil(forKey key: Key) {}
        mutating func encode(_ value: some Encodable, forKey key: Key) throws { try write(value, to: child(key)) }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            ValueEncoder(node: child(key)).container(keyedBy: Nested.self)
        }
        mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            ValueEncoder(node: child(key)).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { ValueEncoder(node: node) }
        mutating func superEncoder(forKey key: Key) -> any Encoder { ValueEncoder(node: child(key)) }
    }

    private struct Items: UnkeyedEncodingContainer {
        let node: Node
        var codingPath: [any CodingKey] { [] }
        var count: Int { node.array?.count ?? 0 }

        private func child() -> Node {
            let child = Node()
            node.array?.append(child)
            return child
        }

        mutating func encodeNil() { _ = child() }
        mutating func encode(_ value: some Encodable) throws { try write(value, to: child()) }
        mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
            ValueEncoder(node: child()).container(keyedBy: Nested.self)
        }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            ValueEncoder(node: child()).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { ValueEncoder(node: child()) }
    }

    private struct Single: SingleValueEncodingContainer {
        let node: Node
        var codingPath: [any CodingKey] { [] }
        mutating func encodeNil() { node.leaf = .null }
        mutating func encode(_ value: some Encodable) throws { try write(value, to: node) }
    }
}

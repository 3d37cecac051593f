package import CanonicalJSON

/// Reads the fields of an object one by one, and notices those that nobody asks for.
package protocol FieldReading {
    /// The value of a field if it is there.
    mutating func optionalValue(_ name: String) throws(LedgerError) -> JSONValue?

    /// Reads an object within this one, of which every field must be asked for; nil when it is not there.
    mutating func optionalObject<Value>(
        _ name: String, _ read: (inout Self) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value?

    /// The bytes of an object whose fields may be any.
    mutating func canonicalObject(_ name: String) throws(LedgerError) -> ArraySlice<UInt8>

    /// What is thrown for a field that is missing or impossible.
    func refusal(of name: String) -> LedgerError
}

extension FieldReading {
    package mutating func value(_ name: String) throws(LedgerError) -> JSONValue {
        guard let value = try optionalValue(name) else { throw refusal(of: name) }
        return value
    }

    package mutating func object<Value>(
        _ name: String, _ read: (inout Self) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        guard let value = try optionalObject(name, read) else { throw refusal(of: name) }
        return value
    }

    package mutating func text(_ name: String) throws(LedgerError) -> String {
        guard let text = try value(name).stringValue else { throw refusal(of: name) }
        return text
    }

    /// Text if the field is there; absent is nil, null is refused.
    package mutating func optionalText(_ name: String) throws(LedgerError) -> String? {
        guard let value = try optionalValue(name) else { return nil }
        guard let text = value.stringValue else { throw refusal(of: name) }
        return text
    }

    package mutating func texts(_ name: String) throws(LedgerError) -> [String] {
        guard let elements = try value(name).arrayValue else { throw refusal(of: name) }
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else { throw refusal(of: name) }
        return texts
    }

    package mutating func choice(_ name: String, among choices: [String]) throws(LedgerError) -> String {
        let text = try text(name)
        guard choices.contains(text) else { throw refusal(of: name) }
        return text
    }

    /// 1 to 256 visible ASCII characters: names that are compared byte by byte.
    package mutating func name(_ name: String) throws(LedgerError) -> String {
        let text = try text(name)
        let bytes = text.utf8Span.span
        guard (1...256).contains(bytes.count) else { throw refusal(of: name) }
        for place in bytes.indices where !(0x21...0x7E).contains(bytes[place]) { throw refusal(of: name) }
        return text
    }

    package mutating func integer(_ name: String) throws(LedgerError) -> Int64 {
        guard let number = try value(name).integerValue else { throw refusal(of: name) }
        return number
    }

    /// A number if the field is there.
    package mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) throws(LedgerError) -> Int? {
        guard let value = try optionalValue(name) else { return nil }
        guard let number = value.integerValue.flatMap(Int.init(exactly:)), range.contains(number) else {
            throw refusal(of: name)
        }
        return number
    }

    package mutating func time(_ name: String) throws(LedgerError) -> Timestamp {
        guard let time = Timestamp(try text(name)) else { throw refusal(of: name) }
        return time
    }
}

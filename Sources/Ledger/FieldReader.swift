package import CanonicalJSON

/// Reads the fields of an object one by one and notices those that nobody asked for.
package struct FieldReader {
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

    package mutating func value(_ name: String) throws(LedgerError) -> JSONValue {
        guard let value = optionalValue(name) else { throw refusal(of: name) }
        return value
    }

    package mutating func text(_ name: String) throws(LedgerError) -> String {
        guard let text = try value(name).stringValue else { throw refusal(of: name) }
        return text
    }

    /// Text if the field is there; absent is nil, null is refused.
    package mutating func optionalText(_ name: String) throws(LedgerError) -> String? {
        guard let value = optionalValue(name) else { return nil }
        guard let text = value.stringValue else { throw refusal(of: name) }
        return text
    }

    package mutating func texts(_ name: String) throws(LedgerError) -> [String] {
        guard let elements = try value(name).arrayValue else { throw refusal(of: name) }
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else { throw refusal(of: name) }
        return texts
    }

    package mutating func choice(_ name: String, among choices: Set<String>) throws(LedgerError) -> String {
        let text = try text(name)
        guard choices.contains(text) else { throw refusal(of: name) }
        return text
    }

    /// 1 to 256 visible ASCII characters: names that are compared byte by byte.
    package mutating func name(_ name: String) throws(LedgerError) -> String {
        let text = try text(name)
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refusal(of: name)
        }
        return text
    }

    package mutating func integer(_ name: String) throws(LedgerError) -> Int64 {
        guard let number = try value(name).integerValue else { throw refusal(of: name) }
        return number
    }

    /// A number if the field is there.
    package mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) throws(LedgerError) -> Int? {
        guard let value = optionalValue(name) else { return nil }
        guard let number = value.integerValue.flatMap(Int.init(exactly:)), range.contains(number) else {
            throw refusal(of: name)
        }
        return number
    }

    package mutating func time(_ name: String) throws(LedgerError) -> Timestamp {
        guard let time = Timestamp(try text(name)) else { throw refusal(of: name) }
        return time
    }

    /// Requires that every field was asked for.
    package func finish() throws(LedgerError) {
        guard found == members.count else { throw LedgerError(.field, "\(path)(unknown field)") }
    }

    private func refusal(of name: String) -> LedgerError { LedgerError(.field, path + name) }
}

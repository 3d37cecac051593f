/// Walks through canonical JSON once, as strictly as `JSONValue.parse(_:)`, and builds only what is asked for.
///
/// Members must be asked for in ascending order, each by its name: that is what makes the order of the keys sure. One that
/// nobody asks for stands in the way of the next, so that a walk which came to its end has seen every byte.
public struct CanonicalCursor {
    private let bytes: ArraySlice<UInt8>
    private var parser = JSONParser(.canonical)
    private var depth = 0
    /// Whether no member of the object comes before the next.
    private var isFirst = true

    /// Stands before the first byte.
    public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// Enters an object.
    public mutating func begin() throws(JSONError) {
        depth += 1
        guard depth <= JSONValue.maximumDepth else { throw JSONError(.depth, at: parser.position) }
        try expect("{")
        isFirst = true
    }

    /// Leaves the object, which must have no more members.
    public mutating func end() throws(JSONError) {
        try expect("}")
        depth -= 1
        isFirst = false
    }

    /// Requires that nothing follows.
    public func finish() throws(JSONError) {
        guard parser.position == bytes.count else { throw JSONError(.trailingBytes, at: parser.position) }
    }

    /// Steps to the value of a member of the object that was entered, if it is the next one.
    public mutating func has(_ key: String) -> Bool {
        assert(depth > 0, "no object was entered")
        let bytes = bytes
        let isNext = parser.skipKey(key, isFirst: isFirst, bytes.span)
        if isNext { isFirst = false }
        return isNext
    }

    /// Reads a value of any kind.
    public mutating func value() throws(JSONError) -> JSONValue {
        let bytes = bytes
        return try parser.parseValue(bytes.span, depth: depth + 1, building: true)
    }

    /// Checks a value and gives its bytes.
    public mutating func canonicalBytes() throws(JSONError) -> ArraySlice<UInt8> {
        let (bytes, start) = (bytes, parser.position)
        _ = try parser.parseValue(bytes.span, depth: depth + 1, building: false)
        return bytes[(bytes.startIndex + start)..<(bytes.startIndex + parser.position)]
    }

    /// Enters the object that the next member is.
    public mutating func begin(_ key: String) throws(JSONError) {
        try step(to: key)
        try begin()
    }

    /// Reads the next member, a string.
    public mutating func text(_ key: String) throws(JSONError) -> String {
        guard case .string(let text) = try value(of: key) else { throw unexpected }
        return text
    }

    /// Reads the next member, an integer.
    public mutating func integer(_ key: String) throws(JSONError) -> Int64 {
        guard case .integer(let number) = try value(of: key) else { throw unexpected }
        return number
    }

    /// Reads the next member, a truth value.
    public mutating func flag(_ key: String) throws(JSONError) -> Bool {
        guard case .bool(let flag) = try value(of: key) else { throw unexpected }
        return flag
    }

    /// Reads the next member, an array of strings.
    public mutating func texts(_ key: String) throws(JSONError) -> [String] {
        guard case .array(let elements) = try value(of: key) else { throw unexpected }
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else { throw unexpected }
        return texts
    }

    private mutating func value(of key: String) throws(JSONError) -> JSONValue {
        try step(to: key)
        return try value()
    }

    private mutating func step(to key: String) throws(JSONError) { guard has(key) else { throw unexpected } }

    private var unexpected: JSONError { JSONError(.unexpectedByte, at: parser.position) }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(JSONError) {
        let bytes = bytes
        guard try parser.accept(scalar, bytes.span) else { throw unexpected }
    }
}

/// Why bytes were refused as JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong; the names are stable.
    public enum Code: String, Hashable, Sendable {
        /// The bytes end inside a value.
        case truncated
        /// A byte that cannot stand here; in strict parsing that includes white space.
        case unexpectedByte = "unexpected-byte"
        /// Bytes after the value.
        case trailingBytes = "trailing-bytes"
        /// Not UTF-8, or half of a surrogate pair.
        case encoding
        /// An escape that does not exist, or one that the canonical form does not write.
        case escape
        /// A number that is no integer within ±2^53 in its shortest form.
        case number
        /// A key that is not ASCII.
        case key
        /// The same key twice in one object.
        case duplicateKey = "duplicate-key"
        /// Keys that do not stand in ascending order.
        case keyOrder = "key-order"
        /// Nested too deeply.
        case depth
    }

    public let code: Code
    /// The position of the first refused byte, or of the start of the token that was refused.
    public let offset: Int

    public init(_ code: Code, at offset: Int) { (self.code, self.offset) = (code, offset) }

    public var description: String { "malformed JSON at byte \(offset): \(code.rawValue)" }
}

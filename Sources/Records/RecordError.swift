/// Why stored bytes are no event that this version understands.
public enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A type outside the vocabulary.
    case unknownType(String)
    /// A schema version newer than this program.
    case unknownSchema(type: String, schema: Int)
    /// A payload whose fields are not those of its type.
    case malformed(type: String, field: String)

    /// A sentence for people; it never holds field values.
    public var description: String {
        switch self {
        case .unknownType(let type): "the event type \(type) is not known to this version"
        case .unknownSchema(let type, let schema): "\(type) has schema \(schema), which is newer than this version"
        case .malformed(let type, let field): "the payload of \(type) is malformed at '\(field)'"
        }
    }
}

/// The method of a request (RFC 9110, section 9); names are case-sensitive.
public enum HTTPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    case get, head, post, put, patch, delete, options
    /// Any other token, as it was sent.
    case other(String)

    private static let known: [Self] = [.get, .head, .post, .put, .patch, .delete, .options]

    /// Never fails: an unknown name is `.other`.
    public init(rawValue: String) { self = Self.known.first { $0.rawValue == rawValue } ?? .other(rawValue) }

    /// The name as it stands in the request line.
    public var rawValue: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let name): name
        }
    }

    /// The name as it stands in the request line.
    public var description: String { rawValue }
}

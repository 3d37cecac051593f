/// A complete request.
@dynamicMemberLookup
public struct HTTPRequest: Sendable {
    /// Everything but the body; its properties can be read from the request itself.
    public let head: HTTPRequestHead
    /// The body, complete.
    public let body: [UInt8]

    /// Creates a request from its parts.
    public init(head: HTTPRequestHead, body: [UInt8]) { (self.head, self.body) = (head, body) }

    /// Reads a property of the head.
    public subscript<Value>(dynamicMember path: KeyPath<HTTPRequestHead, Value>) -> Value { head[keyPath: path] }

    /// The first value of a query field.
    public func queryValue(_ name: String) -> String? { head.queryValue(name) }
}

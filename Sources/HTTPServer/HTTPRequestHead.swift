/// What is known of a request before its body is read.
public struct HTTPRequestHead: Sendable {
    /// The method; `HEAD` arrives as `.get` with `omitsBody`, so that it is answered exactly like `GET`.
    public let method: HTTPMethod
    /// Whether the client asked by `HEAD`, so that the server leaves out the body of the answer.
    public let omitsBody: Bool
    /// The path, percent-decoded, without the query; begins with `/` (or is `*`).
    public let path: String
    /// The parts of the path between its slashes, each decoded on its own, so that `%2F` stays within its part.
    public let pathSegments: [String]
    /// The decoded query, in order.
    public let query: [(name: String, value: String)]
    /// The header fields, in order; values hold no control character but the tab.
    public let headers: HTTPHeaders
    /// The client's IP address in its usual text form; an IPv4 client of an IPv6 socket is written as IPv4.
    public let remoteAddress: String
    /// The client's port.
    public let remotePort: Int
    /// When the request line was read.
    public let receivedAt: ContinuousClock.Instant
    /// The declared length of the body in bytes; `nil` when it comes in chunks, 0 when there is none.
    public let contentLength: Int?

    /// Creates a head from what a client sent.
    ///
    /// - Throws: `.malformed` when the target cannot be decoded.
    public init(
        method: HTTPMethod, target: String, headers: HTTPHeaders = [:], remoteAddress: String = "127.0.0.1",
        remotePort: Int = 0, receivedAt: ContinuousClock.Instant = .now, contentLength: Int? = 0
    ) throws(HTTPRefusal) {
        let target = try RequestTarget(target.utf8)
        (self.method, omitsBody) = method == .head ? (.get, true) : (method, false)
        (path, pathSegments, query) = (target.path, target.segments, target.query)
        (self.headers, self.contentLength, self.receivedAt) = (headers, contentLength, receivedAt)
        (self.remoteAddress, self.remotePort) = (remoteAddress, remotePort)
    }

    /// The first value of a query field.
    public func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// An answer to a request.
///
/// The server itself writes `Content-Length`, `Transfer-Encoding` and `Date`; a field whose name is no token or whose
/// value holds a control character is left out, so that no answer can be split.
public struct HTTPResponse: Sendable {
    /// What follows the header fields.
    public enum Body: Sendable {
        case bytes([UInt8])
        /// A body made while it is sent: `next` is called again and again, never twice at once, until it answers `nil`.
        /// With a `length` in bytes it must give exactly that many; without one the body goes out in chunks. An error
        /// breaks the connection, which is how the client learns of it.
        case stream(length: Int?, next: @Sendable () async throws -> [UInt8]?)
        /// The same for as long as the client stays: each part has to leave within the part deadline, not the whole, and
        /// the body ends when the server stops.
        case live(next: @Sendable () async throws -> [UInt8]?)

        /// No body.
        public static var empty: Body { .bytes([]) }
    }

    /// The status code, 200 to 599; anything else is sent as 500.
    public var status: Int
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: Body

    /// Creates an answer.
    public init(status: Int, headers: HTTPHeaders = [:], body: Body = .empty) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// Creates an answer whose body is text of a content type.
    public init(status: Int, contentType: String, text: String) {
        self.init(status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }
}

extension HTTPResponse {
    /// The status as it is sent.
    var sentStatus: Int { (200...599).contains(status) ? status : 500 }

    /// The fields as they are sent: those the server writes itself and those that could split the answer are left out.
    var sentFields: [HTTPHeaders.Field] {
        headers.filter {
            !["content-length", "transfer-encoding", "date"].contains($0.name.lowercased())
                && HTTPHeaders.isToken($0.name) && HTTPHeaders.isValue($0.value)
        }
    }
}

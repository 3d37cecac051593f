/// Why the server refuses a request without asking the handler to answer it.
public enum HTTPRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The request breaks the rules of HTTP; the text says which, and holds nothing the client sent.
    case malformed(String)
    /// The target of the request is longer than this many bytes.
    case targetTooLong(limit: Int)
    /// The header fields are longer than this many bytes.
    case headersTooLarge(limit: Int)
    /// The body is, or is declared, longer than this many bytes.
    case bodyTooLarge(limit: Int)
    /// The request did not arrive within the receive deadline.
    case tooSlow
    /// Too many bytes of bodies are held, or the server is stopping; try again after this many seconds.
    case overloaded(retryAfter: Int)
    /// The handler did not answer within the request deadline.
    case deadlineExceeded

    /// The status code the answer should have.
    public var status: Int {
        switch self {
        case .malformed: 400
        case .targetTooLong: 414
        case .headersTooLarge: 431
        case .bodyTooLarge: 413
        case .tooSlow: 408
        case .overloaded: 503
        case .deadlineExceeded: 504
        }
    }

    /// A stable code for programs.
    public var code: String {
        switch self {
        case .malformed: "malformed_request"
        case .targetTooLong: "target_too_long"
        case .headersTooLarge: "headers_too_large"
        case .bodyTooLarge: "body_too_large"
        case .tooSlow: "request_timeout"
        case .overloaded: "overloaded"
        case .deadlineExceeded: "deadline_exceeded"
        }
    }

    /// A sentence for people.
    public var description: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .targetTooLong(let limit): "The address is longer than the limit of \(limit) bytes."
        case .headersTooLarge(let limit): "The header fields are larger than the limit of \(limit) bytes."
        case .bodyTooLarge(let limit): "The body is larger than the limit of \(limit) bytes."
        case .tooSlow: "The request did not arrive in time."
        case .overloaded(let seconds): "The server is busy; try again in \(seconds) s."
        case .deadlineExceeded: "The request could not be answered in time."
        }
    }
}

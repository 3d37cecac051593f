/// What the server serves: called from many threads at once.
public protocol HTTPHandler: Sendable {
    /// Decides, when the headers are there and before the body is read, whether the request goes on.
    ///
    /// Runs on the server's own thread: it must not block.
    func admit(_ head: HTTPRequestHead) -> HTTPAdmission

    /// Answers a complete request; the task is cancelled at the request's deadline.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Shapes what the server refuses by itself, so that one place writes the problem documents; must not block.
    ///
    /// `head` is `nil` when the request could not be understood.
    func refusal(_ reason: HTTPRefusal, head: HTTPRequestHead?) -> HTTPResponse
}

extension HTTPHandler {
    /// Admits everything, with the server's own limit.
    public func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyLimit: .max) }

    /// Answers with the reason in one line of plain text.
    public func refusal(_ reason: HTTPRefusal, head: HTTPRequestHead?) -> HTTPResponse {
        var response = HTTPResponse(status: reason.status, contentType: "text/plain", text: "\(reason)\n")
        if case .overloaded(let seconds) = reason { response.headers["Retry-After"] = "\(seconds)" }
        return response
    }
}

/// The handler's decision on a request whose body has not been read.
public enum HTTPAdmission: Sendable {
    /// Go on; the body may have this many bytes, and never more than the server's own limit.
    ///
    /// Bodies of strangers share a small budget, so that who has no key cannot take the room of those who have.
    case accept(bodyLimit: Int, isKnown: Bool = true)
    /// Answer at once.
    case refuse(HTTPResponse)
}

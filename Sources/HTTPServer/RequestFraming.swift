/// How long a body is and where it ends, read strictly: what two servers could read differently is refused, because
/// it would let a request hide in another one's body (RFC 9112, section 6.3).
struct RequestFraming {
    /// The declared length in bytes; `nil` when the body comes in chunks.
    let contentLength: Int?

    /// Checks the fields that frame a request, and that every field is well-formed.
    ///
    /// Only a request of HTTP/1.0 may come without a host (RFC 9112, section 3.2).
    init(_ headers: HTTPHeaders, version: String = "HTTP/1.1") throws(HTTPRefusal) {
        for field in headers {
            guard HTTPHeaders.isToken(field.name) else { throw .malformed("a header field's name is no token") }
            guard HTTPHeaders.isValue(field.value) else {
                throw .malformed("a header field's value holds a control character")
            }
        }
        let hosts = headers.values("Host").count
        guard hosts <= 1 else { throw .malformed("there is more than one host") }
        guard hosts == 1 || version == "HTTP/1.0" else { throw .malformed("there is no host") }
        let (lengths, codings) = (headers.values("Content-Length"), headers.values("Transfer-Encoding"))
        if codings.isEmpty {
            guard lengths.count <= 1 else { throw .malformed("there is more than one content length") }
            contentLength = try lengths.first.map(Self.length) ?? 0
        } else {
            guard lengths.isEmpty else { throw .malformed("there is a content length beside a transfer encoding") }
            guard codings.count == 1, codings.first?.lowercased() == "chunked" else {
                throw .malformed("the only transfer encoding understood is chunked")
            }
            contentLength = nil
        }
    }

    private static func length(_ text: String) throws(HTTPRefusal) -> Int {
        // `Int(_:)` would take a sign as well.
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else {
            throw .malformed("the content length is no number")
        }
        return length
    }
}

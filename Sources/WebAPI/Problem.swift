import CanonicalJSON
import HTTPServer
import Ledger
import Service

/// A refusal as programs and people read it: RFC 9457, with the members that the original service had.
struct Problem: Sendable {
    let status: Int
    /// A stable code for programs; also the last part of the type's URI.
    let code: String
    /// A sentence that says what to do.
    let detail: String
    /// What the layer below said, for the service's own log.
    var cause: String?
    var headers: HTTPHeaders = [:]

    init(_ error: ServiceError) {
        (code, detail, cause) = (error.code, error.detail, error.cause)
        switch error.kind {
        case .invalid: status = 400
        case .unauthenticated:
            status = 401
            headers["WWW-Authenticate"] = "Bearer realm=\"cxrledger\""
        case .forbidden: status = 403
        case .notFound: status = 404
        case .conflict: status = 409
        case .tooLarge: status = 413
        case .unsupportedMedia: status = 415
        case .unprocessable: status = 422
        case .overloaded(let seconds):
            status = 503
            headers["Retry-After"] = String(seconds)
        case .unavailable: status = 503
        }
    }

    init(_ refusal: HTTPRefusal) {
        (status, code, detail) = (refusal.status, refusal.code.replacing("_", with: "-"), refusal.description)
        if case .overloaded(let seconds) = refusal { headers["Retry-After"] = String(seconds) }
    }

    /// The path exists, but not with this method.
    init(otherMethods: [HTTPMethod]) {
        let names = Set(otherMethods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }).sorted()
        (status, code) = (405, "method-not-allowed")
        detail = "This address answers \(names.joined(separator: ", "))."
        headers["Allow"] = names.joined(separator: ", ")
    }

    static let noSuchRoute = Problem(
        ServiceError(.notFound, "route-unknown", "There is nothing at this address; /openapi.json lists what there is.")
    )

    /// The document for one request.
    func response(in exchange: Exchange) -> HTTPResponse {
        let document: JSONValue = [
            "type": "urn:cxrledger:problem:\(code)", "title": .string(Self.title(of: status)),
            "status": .integer(Int64(status)), "detail": .string(detail), "code": .string(code),
            "request_id": .string(exchange.requestID), "instance": "urn:cxrledger:request:\(exchange.requestID)",
            "error": .string(detail), "status_code": .integer(Int64(status)),
            "timestamp": .string(SystemClock.now().description), "path": .string(exchange.head?.path ?? ""),
        ]
        var response = HTTPResponse(status: status, headers: headers, body: .bytes(document.canonicalBytes()))
        response.headers["Content-Type"] = "application/problem+json"
        return response
    }

    /// The same for every problem of a status, as RFC 9457 asks where the type says more.
    private static func title(of status: Int) -> String {
        switch status {
        case 400: "The request is not valid"
        case 401: "Not authenticated"
        case 403: "Not allowed"
        case 404: "Not found"
        case 405: "Method not allowed"
        case 408: "The request did not arrive in time"
        case 409: "In conflict with the current state"
        case 413, 414, 431: "Too large"
        case 415: "Unsupported kind of content"
        case 422: "The content cannot be processed"
        case 504: "No answer in time"
        default: "The service is not available"
        }
    }
}

import HTTPServer
import Records
import Service

/// Signing in at the page: a key is exchanged for a cookie that no script can read.
enum SessionRoutes {
    static let all: [Route] = [
        Route(
            method: .post, pattern: "/session", operation: "signIn",
            summary: "Exchanges an API key for a session cookie.",
            content: .json(schema: "SignIn", isRequired: true), answers: [.empty(204, "Signed in; the cookie is set.")],
            problems: [401], door: .open(signIn)),
        Route(
            method: .get, pattern: "/session", operation: "getSession",
            summary: "Says who is signed in and what they may do.",
            answers: [.json(200, "Session", "Who is signed in.")], door: .key(nil, show)),
        Route(
            method: .delete, pattern: "/session", operation: "signOut", summary: "Ends the session.",
            answers: [.empty(204, "Signed out.")], problems: [403], door: .key(nil, signOut)),
    ]

    private struct View: Encodable {
        let credential: String?
        let name: String
        let role: String
        let permissions: [String]
        let csrf: String?
    }

    @Sendable static func signIn(_ call: Call) async throws(ServiceError) -> HTTPResponse {
        let key = try JSONFields(call.request, known: ["key"]).required("key")
        let token = try await call.application.signIn(key: key, from: try call.source())
        return HTTPResponse(status: 204, headers: ["Set-Cookie": cookie(token, call)])
    }

    @Sendable static func show(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let principal = caller.context.principal
        let view = View(
            credential: principal.credential, name: principal.name, role: principal.role.rawValue,
            permissions: principal.role.permissions.map(\.rawValue), csrf: caller.session?.csrf)
        return try .json(view)
    }

    @Sendable static func signOut(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        guard let session = caller.session else { return HTTPResponse(status: 204) }
        await call.application.signOut(token: session.token, caller.context)
        return HTTPResponse(status: 204, headers: ["Set-Cookie": cookie("", call) + "; Max-Age=0"])
    }

    /// Only over HTTPS where the proxy in front says that this is how the client came.
    private static func cookie(_ token: String, _ call: Call) -> String {
        let isSecure = call.request.headers["X-Forwarded-Proto"]?.lowercased() == "https"
        return "\(PresentedKey.cookie)=\(token); HttpOnly; SameSite=Strict; Path=/" + (isSecure ? "; Secure" : "")
    }
}

import HTTPServer
import Records
import Service

/// Who holds keys.
enum CredentialRoutes {
    static let all: [Route] = [
        Route(
            method: .get, pattern: "/v1/credentials", operation: "listCredentials", summary: "Lists the credentials.",
            answers: [.json(200, "CredentialList", "The credentials, without secrets.")],
            door: .key(.credentialRead, list)),
        Route(
            method: .post, pattern: "/v1/credentials", operation: "issueCredential", summary: "Gives out a new key.",
            content: .json(schema: "NewCredential", isRequired: true),
            answers: [.json(201, "IssuedCredential", "The credential and its key, shown this once.")],
            door: .key(.credentialIssue, issue)),
        Route(
            method: .post, pattern: "/v1/credentials/{id}/rotate", operation: "rotateCredential",
            summary: "Replaces a key; the old one ends with the answer.",
            content: .json(schema: "Nothing", isRequired: false),
            answers: [.json(200, "IssuedCredential", "The credential and its new key, shown this once.")],
            problems: [409], door: .key(.credentialRotate, rotate)),
        Route(
            method: .post, pattern: "/v1/credentials/{id}/revoke", operation: "revokeCredential",
            summary: "Ends a credential for good.", content: .json(schema: "Reason", isRequired: false),
            answers: [.empty(204, "The credential has ended.")], problems: [409],
            door: .key(.credentialRevoke, revoke)),
    ]

    @Sendable static func list(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(["credentials": try await call.application.credentials(caller.context)])
    }

    @Sendable static func issue(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["role", "name"])
        guard let role = Role(rawValue: try fields.required("role")) else {
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(.invalid, "role-unknown", "`role` is one of: \(roles).")
        }
        let issued = try await call.application.issue(role: role, name: try fields.required("name"), caller.context)
        return try .json(issued, status: 201)
    }

    @Sendable static func rotate(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        _ = try JSONFields(call.request, known: [])
        return try .json(try await call.application.rotate(call.place("id"), caller.context))
    }

    @Sendable static func revoke(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let reason = try JSONFields(call.request, known: ["reason"]).text("reason") ?? ""
        try await call.application.revoke(call.place("id"), reason: reason, caller.context)
        return HTTPResponse(status: 204)
    }
}

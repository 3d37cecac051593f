import HTTPServer
import Records
import Service

/// The keys that sign the log.
enum KeyRoutes {
    static let all: [Route] = [
        Route(
            method: .get, pattern: "/v1/keys", operation: "listKeys",
            summary: "Lists the keys that sign the log, with their lives.",
            answers: [.json(200, "KeyList", "The keys, by the events of stream `keys`.")],
            door: .key(.logRead, list)),
        Route(
            method: .post, pattern: "/v1/keys/request", operation: "requestKeys",
            summary: "Makes keys that wait for the certificates of a root key which is kept elsewhere.",
            content: .json(schema: "NewKeys", isRequired: false),
            answers: [.json(200, "KeyRequest", "What the root has to sign.")], problems: [409],
            door: .key(.keyManage, request)),
        Route(
            method: .post, pattern: "/v1/keys/rotate", operation: "rotateKeys",
            summary: "Replaces keys; the old ones are retired in the same step.",
            content: .json(schema: "KeyRotation", isRequired: false),
            answers: [.json(200, "KeyList", "The keys afterwards.")], problems: [409],
            door: .key(.keyManage, rotate)),
        Route(
            method: .post, pattern: "/v1/keys/{id}/retire", operation: "retireKey",
            summary: "Ends a key that does not sign any longer.",
            content: .json(schema: "Reason", isRequired: false),
            answers: [.json(200, "KeyList", "The keys afterwards.")], problems: [409],
            door: .key(.keyManage, retire)),
        Route(
            method: .post, pattern: "/v1/keys/{id}/compromised", operation: "reportCompromisedKey",
            summary: "Says that a key may be in other hands: what it signed from an index on is flagged.",
            content: .json(schema: "Compromise", isRequired: true),
            answers: [.json(200, "KeyList", "The keys afterwards.")],
            door: .key(.keyManage, compromised)),
    ]

    @Sendable static func list(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.keys(caller.context))
    }

    @Sendable static func request(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["purpose", "token"])
        let purposes = try fields.text("purpose").map { [$0] as Set } ?? KeyRotation.allPurposes
        let request = try await call.application.requestKeys(purposes, on: try fields.text("token"), caller.context)
        return .json(bytes: Array(request.utf8))
    }

    @Sendable static func rotate(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["purpose", "reason", "token", "certificates"])
        var rotation = KeyRotation()
        if let purpose = try fields.text("purpose") { rotation.purposes = [purpose] }
        rotation.reason = try fields.text("reason") ?? ""
        (rotation.token, rotation.certificates) = (try fields.text("token"), try fields.text("certificates"))
        return try .json(try await call.application.rotateKeys(rotation, caller.context))
    }

    @Sendable static func retire(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let reason = try JSONFields(call.request, known: ["reason"]).text("reason") ?? ""
        return try .json(try await call.application.retireKey(call.place("id"), reason: reason, caller.context))
    }

    @Sendable static func compromised(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["from", "reason"])
        let index = try? fields.decimal("from")  // what is no index is refused after whoever may not ask
        return try .json(
            try await call.application.reportCompromised(
                call.place("id"), from: index.flatMap { UInt64($0) }, reason: try fields.text("reason") ?? "",
                caller.context))
    }
}

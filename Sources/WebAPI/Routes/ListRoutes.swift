import HTTPServer
import Records
import Service

/// The lists as they follow the log.
enum ListRoutes {
    static let all: [Route] = [
        Route(
            method: .get, pattern: "/v1/projections", operation: "listProjections",
            summary: "Says how far the lists have come, where one stands, and what is passed over.",
            answers: [.json(200, "ListStandings", "The lists.")], door: .key(.logRead, list)),
        Route(
            method: .post, pattern: "/v1/projections/{name}/skips", operation: "skipProjectionEvent",
            summary: "Lets a list pass over the event at which it stands.",
            content: .json(schema: "ListSkip", isRequired: true),
            answers: [.json(200, "ListStandings", "The lists afterwards.")], problems: [409],
            door: .key(.listSkip, skip)),
    ]

    @Sendable static func list(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.lists(caller.context))
    }

    @Sendable static func skip(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["index", "reason"])
        let index = try? fields.decimal("index")  // what is no index is refused after whoever may not ask
        return try .json(
            try await call.application.skip(
                index.flatMap { UInt64($0) }, of: call.place("name"), reason: try fields.text("reason") ?? "",
                caller.context))
    }
}

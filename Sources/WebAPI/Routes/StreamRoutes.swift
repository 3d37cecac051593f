import HTTPServer
import Records
import Service

/// The log for whoever follows it: server-sent events, as the HTML standard has them.
enum StreamRoutes {
    static let all: [Route] = [
        Route(
            method: .get, pattern: "/v1/events/stream", operation: "streamEvents",
            summary: "Follows the log: every event from an index on, in order, and then those that come.",
            query: [
                QueryField("from", .integer, "The first index that is wanted; 0 when left out."),
                QueryField("types", "Only these types, separated by commas; the ids of others come without data."),
            ],
            headers: [
                HeaderField(name: lastEventID, summary: "The last index that was received; it counts before `from`.")
            ],
            answers: [.media(200, "text/event-stream", "Server-sent events, as docs/formats.md describes them.")],
            problems: [409], door: .key(.eventRead, stream))
    ]

    private static let lastEventID = "Last-Event-ID"

    @Sendable static func stream(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let types = (call.query("types") ?? "").split(separator: ",").map(String.init)
        guard types.allSatisfy({ EventType(rawValue: $0) != nil }) else {
            throw ServiceError(.invalid, "type-unknown", "`types` names a type that events do not have.")
        }
        let (next, from) = (try next(after: call.request.headers[lastEventID]), try call.number("from"))
        let first = next ?? from ?? 0
        let subscription = try await call.application.subscribe(from: first, types: types, caller.context)
        let feed = EventFeed(subscription, types: types)
        // A proxy that gathers answers would hold back what is meant to arrive now.
        let headers: HTTPHeaders = ["Content-Type": "text/event-stream", "X-Accel-Buffering": "no"]
        return HTTPResponse(status: 200, headers: headers, body: .live { await feed.next() })
    }

    /// The index to go on with; nil where the header is absent or, as of a client that has received nothing, empty.
    private static func next(after text: String?) throws(ServiceError) -> UInt64? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let last = UInt64(text),
            last < UInt64(Int64.max)
        else {
            throw ServiceError(
                .invalid, "last-event-id-invalid", "`\(lastEventID)` is the `id` of the last event that you received.")
        }
        return last + 1
    }
}

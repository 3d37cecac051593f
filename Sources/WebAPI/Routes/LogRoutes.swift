import Crypto
import HTTPServer
import Ledger
import Records
import Service
import Storage

/// The log itself: events, checkpoint, timeline.
enum LogRoutes {
    static let all: [Route] = [
        Route(
            method: .get, pattern: "/v1/events", operation: "listEvents",
            summary: "Reads the log in order.",
            query: [
                QueryField("since", .integer, "How many events have been read already: `last` of the page before."),
                .limit(1_000),
                QueryField("types", "Only these types, separated by commas; `last` counts the others too."),
            ],
            answers: [.json(200, "EventPage", "Events as they are stored.")], door: .key(.eventRead, events)),
        Route(
            method: .get, pattern: "/v1/events/{key}", operation: "getEvent",
            summary: "Shows one event, by its index or its id, with its proof.",
            answers: [.json(200, "EventDetail", "The event as it is stored, and its proof.")],
            door: .key(.eventRead, event)),
        Route(
            method: .get, pattern: "/v1/log/checkpoint", operation: "getCheckpoint",
            summary: "Gives the last released checkpoint.",
            answers: [.media(200, "text/plain", "A C2SP signed note.")], door: .key(.logRead, checkpoint)),
        Route(
            method: .get, pattern: "/v1/log/witnessed", operation: "getWitnessedCheckpoint",
            summary: "Gives the last checkpoint that enough witnesses cosigned.",
            answers: [.media(200, "text/plain", "A C2SP signed note with cosignatures.")], problems: [404],
            door: .key(.logRead, witnessed)),
        Route(
            method: .get, pattern: "/v1/log/vkey", operation: "getVerifierKey",
            summary: "Gives the key that verifies checkpoints.",
            answers: [.media(200, "text/plain", "A C2SP verifier key.")], door: .key(.logRead, verifierKey)),
        Route(
            method: .get, pattern: "/v1/log/proof/inclusion", operation: "proveInclusion",
            summary: "Proves that an entry is in the log.",
            query: [
                QueryField("entry", "The entry's index, event id or hash in hex."),
                QueryField("size", .integer, "The tree to prove it in; the released one when left out."),
            ],
            answers: [.json(200, "Inclusion", "An RFC 6962 inclusion proof.")], problems: [404],
            door: .key(.logRead, inclusion)),
        Route(
            method: .get, pattern: "/v1/log/proof/consistency", operation: "proveConsistency",
            summary: "Proves that the log only grew.",
            query: [
                QueryField("from", .integer, "The size of the earlier tree."),
                QueryField("to", .integer, "The size of the later tree; that of the released one when left out."),
            ],
            answers: [.json(200, "Consistency", "An RFC 6962 consistency proof.")],
            door: .key(.logRead, consistency)),
        Route(
            method: .get, pattern: "/v1/timeline", operation: "getTimeline",
            summary: "Tells who did what when, newest first.",
            query: [.from, .to]
                + QueryField.equal("actor", "address", "type", "stream", "outcome")
                + [
                    QueryField("credential", "Of events by or about this credential."),
                    QueryField("model", "A model's name, version, or six digits or more of its digest."), .limit(1_000),
                    .cursor,
                ],
            answers: [.json(200, "TimelinePage", "A page of the timeline.")], door: .key(.timelineRead, timeline)),
    ]

    /// Envelopes are answered as the very bytes that were signed, not as a reading of them.
    @Sendable static func events(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let types = call.query("types").map { Set($0.split(separator: ",").map(String.init)) }
        let page = try await call.application.events(
            since: try call.number("since") ?? 0, limit: try call.limit(100), caller.context)
        var text = Array("{\"events\":[".utf8)
        var separator = ""
        for event in page.events where types?.contains(event.envelope.type) ?? true {
            text += separator.utf8
            text += "{\(members(of: event))".utf8
            text += event.envelopeBytes
            text.append(UInt8(ascii: "}"))
            separator = ","
        }
        text += "],\"last\":\(page.last),\"done\":\(page.isDone)}".utf8
        return .json(bytes: text)
    }

    @Sendable static func event(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let (event, proof) = try await call.application.event(call.place("key"), caller.context)
        var text = Array("{\"proof\":".utf8) + (try HTTPResponse.jsonBytes(proof))
        text += ",\(members(of: event))".utf8
        text += event.envelopeBytes
        text.append(UInt8(ascii: "}"))
        return .json(bytes: text)
    }

    /// The members of an event up to the value of `envelope`.
    private static func members(of event: LoggedEvent) -> String {
        "\"index\":\(event.index),\"entry_hash\":\"\(event.entryHash.hex)\",\"envelope\":"
    }

    @Sendable static func checkpoint(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let note = try await call.application.checkpoint(caller.context)
        return HTTPResponse(status: 200, contentType: "text/plain; charset=utf-8", text: note)
    }

    @Sendable static func witnessed(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let note = try await call.application.witnessedCheckpoint(caller.context)
        return HTTPResponse(status: 200, contentType: "text/plain; charset=utf-8", text: note)
    }

    @Sendable static func verifierKey(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let key = try await call.application.verifierKey(caller.context)
        return HTTPResponse(status: 200, contentType: "text/plain; charset=utf-8", text: key + "\n")
    }

    @Sendable static func inclusion(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        guard let entry = call.query("entry") else {
            throw ServiceError(.invalid, "query-invalid", "`entry` names an entry by its index, event id or hash.")
        }
        return try .json(
            try await call.application.inclusion(of: entry, size: try call.number("size"), caller.context))
    }

    @Sendable static func consistency(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        guard let from = try call.number("from") else {
            throw ServiceError(.invalid, "query-invalid", "`from` is the size of the earlier tree.")
        }
        return try .json(
            try await call.application.consistency(from: from, to: try call.number("to"), caller.context))
    }

    @Sendable static func timeline(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        var filter = TimelineFilter()
        (filter.from, filter.to, filter.cursor) = (call.query("from"), call.query("to"), call.query("cursor"))
        (filter.actor, filter.credential, filter.address) =
            (call.query("actor"), call.query("credential"), call.query("address"))
        (filter.type, filter.stream, filter.outcome) = (call.query("type"), call.query("stream"), call.query("outcome"))
        (filter.model, filter.limit) = (call.query("model"), try call.limit(filter.limit))
        let page = try await call.application.timeline(filter, caller.context)
        return try .json(page, behind: page.lag)
    }
}

import CanonicalJSON
import Crypto
import Ledger
import PostgresStorage
import SQLiteStorage
import Storage
import StorageTestSupport
import TestSupport
import Testing

@testable import Service
@testable import WebAPI

@Suite(.serialized) struct `The stream of events` {
    private func size(_ service: RunningService) async throws -> UInt64 { try await service.application.head().size }

    /// Records an event.
    private func record(_ service: RunningService) async throws {
        #expect(try await service.get("/v1/events/0").status == 200)
    }

    @Test func `gives each event as it was signed, up to its own beginning, and then what comes`() async throws {
        try await RunningService.run { service in
            let size = try await size(service)
            let reader = EventReader(service)
            let messages = await reader.messages(to: size)
            #expect(await reader.head().contains("Content-Type: text/event-stream\r\n"))
            #expect(messages.map(\.id) == (0...size).map(Optional.init))
            let page = try await service.get("/v1/events?limit=1000").json["events"]?.arrayValue ?? []
            for (message, event) in zip(messages, page) {
                let data = try JSONValue.parse(Array((message.data ?? "").utf8))
                let entry = try Entry(dsse: try #require(data["entry"]))
                #expect(Entry.hash(entry.bytes).hex == event["entry_hash"]?.stringValue)
                #expect(data["entry_hash"] == event["entry_hash"] && data["index"] == event["index"])
                #expect(try JSONValue.parse(entry.envelope) == event["envelope"])
                #expect(message.event == event["envelope"]?["type"]?.stringValue)
            }
            let opening = try JSONValue.parse(
                Entry(dsse: try #require(JSONValue.parse(Array((messages.last?.data ?? "").utf8))["entry"])).envelope)
            #expect(opening["payload"]?["operation"] == "stream" && opening["payload"]?["filters"] == ["from=0"])
            // The page that was just read is an event, too.
            let next = await reader.next()
            #expect(next?.id == size + 1 && next?.event == "AuditLogQueried")
            let begun = ContinuousClock.now
            try await record(service)
            #expect(await reader.next()?.id == size + 2)
            #expect(ContinuousClock.now - begun < .seconds(1))
            #expect(await reader.next(patience: 300) == nil)
        }
    }

    @Test func `goes on after every event`() async throws {
        try await RunningService.run { service in
            for last in 0..<(try await size(service)) {
                #expect(await EventReader(service, after: last).next()?.id == last + 1)
                #expect(await EventReader(service, "?from=\(last)").next()?.id == last)
            }
            let both = EventReader(service, "?from=0", headers: ["Last-Event-ID: 4"])
            #expect(await both.next()?.id == 5)
            let empty = EventReader(service, "?from=3", headers: ["Last-Event-ID:"])
            #expect(await empty.next()?.id == 3)
        }
    }

    @Test(arguments: [1, 2]) func `loses and repeats nothing when it is cut off at random`(seed: UInt64) async throws {
        try await RunningService.run { service in
            let writer = Task { for _ in 0..<150 { try await record(service) } }
            var (random, ids) = (SplitMix64(seed: seed), [UInt64]())
            while ids.count < 200 {
                let reader = ids.last.map { EventReader(service, after: $0) } ?? EventReader(service)
                for _ in 0..<random.next() % 20 {
                    guard let id = await reader.next(patience: 200)?.id else { break }
                    ids.append(id)
                }
            }
            try await writer.value
            #expect(ids == Array(0..<UInt64(ids.count)))
        }
    }

    @Test func `ends when its key is revoked, and shows nothing of what came after`() async throws {
        try await RunningService.run { service in
            let issued = try await service.post("/v1/credentials", ["role": "auditor", "name": "an auditor"])
            let reader = EventReader(service, key: try #require(issued.json["key"]?.stringValue))
            let last = try await size(service)
            _ = await reader.messages(to: last)
            let id = try #require(issued.json["id"]?.stringValue)
            #expect(try await service.post("/v1/credentials/\(id)/revoke", [:]).status < 300)
            let message = try #require(await reader.next())
            #expect(message.event == "closed" && message.id == nil)
            #expect(try JSONValue.parse(Array((message.data ?? "").utf8))["code"] == "key-refused")
            #expect(await reader.isOver())
            let failures = try await service.get("/v1/timeline?type=AuthenticationFailed")
            #expect(failures.json["events"]?.arrayValue?.count == 0, "nobody tried anything")
        }
    }

    @Test func `ends with the sign-in that it came from`() async throws {
        try await RunningService.run { service in
            let signedIn = try await service.post("/session", ["key": .string(service.key)])
            let cookie = String((signedIn.header("Set-Cookie") ?? "").prefix { $0 != ";" })
            let csrf = try #require(
                await service.send("GET", "/session", headers: [("Cookie", cookie)]).json["csrf"]?.stringValue)
            let context = try await service.application.authenticate(
                sessionToken: String(cookie.drop { $0 != "=" }.dropFirst()), from: .init(correlation: "c")
            ).context
            let subscription = try await service.application.subscribe(from: 0, context)
            _ = try await subscription.next()
            let headers = [("Cookie", cookie), ("X-CXR-CSRF", csrf)]
            try await service.send("DELETE", "/session", headers: headers)
            await #expect(throws: Application.sessionEnded) { while true { _ = try await subscription.next() } }
        }
    }

    @Test(arguments: [
        ("x", 400), ("-1", 400), ("+1", 400), ("1.0", 400), (" ", 200), ("٣", 400), ("9223372036854775807", 400),
        ("99999999999999999999999999", 400), ("999999", 409), ("9223372036854775806", 409),
    ]) func `refuses what cannot have been received here`(last: String, status: Int) async throws {
        try await RunningService.run { service in
            let head = await EventReader(service, headers: ["Last-Event-ID: \(last)"]).head()
            #expect(head.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test func `refuses fields that name nothing`() async throws {
        try await RunningService.run { service in
            for query in ["from=-1", "from=x", "types=Nothing", "types=PredictionRecorded,", "since=1"] {
                let head = await EventReader(service, "?\(query)").head()
                #expect(head.hasPrefix("HTTP/1.1 \(query.hasSuffix(",") ? 200 : 400) "), "\(query)")
            }
            let ahead = try await service.get("/v1/events/stream?from=999999")
            #expect(ahead.status == 409 && ahead.code == "stream-ahead")
        }
    }

    @Test func `gives of other types only where to go on`() async throws {
        try await RunningService.run { service in
            let reader = EventReader(service, "?types=CredentialIssued,KeysCertified")
            let last = try await size(service)
            let messages = await reader.messages(to: last)
            #expect(messages.map(\.event) == ["KeysCertified", "CredentialIssued", nil])
            #expect(messages.last == .init(id: last))
            _ = try await service.issue("auditor")
            #expect(await reader.next()?.event == "CredentialIssued")
        }
    }

    @Test func `is refused to one too many, until somebody leaves`() async throws {
        try await RunningService.run { service in
            var readers = (0..<SubscriptionSeats.limit).map { _ in EventReader(service) }
            for reader in readers { #expect(await reader.head().hasPrefix("HTTP/1.1 200 ")) }
            let refused = try await service.get("/v1/events/stream")
            #expect(refused.status == 503 && refused.code == "streams-full")
            #expect(refused.header("Retry-After") == "5")
            readers.removeLast(4)
            // Who has left is noticed when there is something to send.
            var status = 503
            for _ in 0..<100 where status == 503 {
                try await record(service)
                status = try await service.send("HEAD", "/v1/events/stream", key: service.key).status
            }
            #expect(status == 200)
            #expect(try await service.send("GET", "/metrics").text.contains("cxrledger_event_streams"))
        }
    }

    @Test(arguments: [Backend.sqlite, .postgres]) func `hears at once what another instance records`(
        backend: Backend
    ) async throws {
        let place = { (settings: Settings) throws -> any StorageBackend in
            backend == .postgres
                ? PostgresBackend(address: try PostgresSite().serviceAddress)
                : SQLiteBackend(database: settings.home + "/cxrledger.db", home: settings.home)
        }
        try await RunningService.run(on: place) { one in
            try await one.beside { other in
                let reader = EventReader(one, "?from=\(try await size(one))")
                _ = await reader.messages(to: try await size(one))
                var delays: [Duration] = []
                for _ in 0..<20 {
                    let begun = ContinuousClock.now
                    try await record(other)
                    let due = try await size(other) - 1
                    _ = await reader.messages(to: due)
                    delays.append(ContinuousClock.now - begun)
                }
                #expect(delays.sorted()[10] < .milliseconds(200), "sooner than by polling alone")
                // Both at once: one order, for whichever of them one asks.
                async let written: Void = { for _ in 0..<40 { try await record(one) } }()
                for _ in 0..<40 { try await record(other) }
                try await written
                let end = try await size(one)
                let both = [EventReader(one), EventReader(other)]
                let (left, right) = (await both[0].messages(to: end - 1), await both[1].messages(to: end - 1))
                #expect(left == right && left.map(\.id) == (0..<end).map(Optional.init))
            }
        }
    }
}

import CanonicalJSON
import HTTPClient
import Service
import Testing

@testable import WebAPI

@Suite(.serialized) struct `Administration over HTTP` {
    @Test func `registers, activates, tunes, rolls back and retires models`() async throws {
        try await RunningService.run { service in
            let list = try await service.get("/v1/models")
            let digest = try #require(list.json["active"]?.stringValue)
            let shown = try await service.get("/v1/models/\(digest)")
            #expect(shown.json["state"] == "active" && (shown.json["layers"]?.arrayValue?.count ?? 0) > 3)

            let again = try await service.upload(try SavedModel.form(), to: "/v1/models")
            #expect(again.status == 201 && again.json["digest"] == .string(digest), "registering twice changes nothing")
            let junk = try await service.upload(form(Array("PK".utf8), field: "model"), to: "/v1/models")
            #expect(junk.status == 422, "\(junk.text)")
            let nothing = try await service.upload(form([1], field: "card"), to: "/v1/models")
            #expect(nothing.status == 400 && nothing.code == "model-missing")

            let threshold: JSONValue = ["threshold": "0.6", "reason": "fewer false alarms"]
            let tuned = try await service.post("/v1/models/\(digest)/threshold", threshold)
            #expect(tuned.json["threshold"] == "0.6")
            let wrong = try await service.post("/v1/models/\(digest)/threshold", ["threshold": 2])
            #expect(wrong.status == 400 && wrong.code == "threshold-invalid")

            let activated = try await service.post("/v1/models/\(digest.prefix(12))/activate", ["reason": "again"])
            #expect(activated.json["state"] == "active")
            #expect(try await service.post("/v1/models/rollback", [:]).code == "nothing-to-roll-back-to")
            #expect(try await service.post("/v1/models/\(digest)/retire", [:]).code == "model-active")
            let long: JSONValue = ["threshold": "0.7", "reason": .string(String(repeating: "x", count: 60_000))]
            let refused = try await service.post("/v1/models/\(digest)/threshold", long)
            #expect(refused.status == 400, "\(refused.text.prefix(200))")
        }
    }

    @Test func `swaps models, and every prediction names the one that made it`() async throws {
        try await RunningService.run { service in
            let first = try #require(try await service.get("/v1/models").json["active"]?.stringValue)
            let other = try await service.upload(try SavedModel.form(comment: 7), to: "/v1/models")
            let second = try #require(other.json["digest"]?.stringValue)
            #expect(other.status == 201 && other.json["state"] == "registered" && second != first)
            let picture = try RunningService.picture()
            func model() async throws -> String? {
                try await service.upload(form(picture), to: "/v1/predictions").json["model"]?["digest"]?.stringValue
            }
            #expect(try await model() == first)
            try await service.post("/v1/models/\(second)/activate", ["reason": "better"])
            #expect(try await model() == second)
            try await service.post("/v1/models/rollback", ["reason": "worse"])
            #expect(try await model() == first)
        }
    }

    @Test func `rotates and revokes keys, which end with the answer`() async throws {
        try await RunningService.run { service in
            let issued = try await service.post("/v1/credentials", ["role": "auditor", "name": "an auditor"])
            let id = try #require(issued.json["id"]?.stringValue)
            let first = try #require(issued.json["key"]?.stringValue)
            #expect(issued.status == 201)
            #expect(try await service.get("/v1/timeline", key: first).status == 200)
            let rotated = try await service.send("POST", "/v1/credentials/\(id)/rotate", key: service.key)
            let second = try #require(rotated.json["key"]?.stringValue)
            #expect(try await service.get("/v1/timeline", key: first).status == 401)
            #expect(try await service.get("/v1/timeline", key: second).status == 200)
            #expect(try await service.post("/v1/credentials/\(id)/revoke", ["reason": "left"]).status == 204)
            #expect(try await service.get("/v1/timeline", key: second).status == 401)
            let list = try await service.get("/v1/credentials").json["credentials"]?.arrayValue
            #expect(list?.first { $0["id"] == .string(id) }?["state"] == "revoked")
            #expect(try await service.post("/v1/credentials/nobody/revoke", [:]).status == 404)
        }
    }

    @Test func `reads the log, follows it and proves where it stands`() async throws {
        try await RunningService.run { service in
            let first = try await service.get("/v1/events?limit=2")
            #expect(first.json["events"]?.arrayValue?.count == 2 && first.json["last"] == 2)
            #expect(first.json["done"] == false)
            let keys = first.json["events"]?.arrayValue?.first
            #expect(keys?["index"] == 0 && keys?["envelope"]?["type"] == "KeysCertified")
            let rest = try await service.get("/v1/events?since=2&limit=1000")
            #expect(rest.json["events"]?.arrayValue?.first?["index"] == 2 && rest.json["done"] == true)
            let models = try await service.get("/v1/events?types=ModelRegistered,ModelActivated&limit=1000")
            #expect(models.json["events"]?.arrayValue?.count == 2)
            let checkpoint = try await service.get("/v1/log/checkpoint")
            #expect(checkpoint.text.hasPrefix(service.application.origin + "\n"))
            let timeline = try await service.get("/v1/timeline?type=CredentialIssued&outcome=success&limit=5")
            #expect(timeline.json["events"]?.arrayValue?.count == 1)
        }
    }

    @Test func `writes a backup`() async throws {
        try await RunningService.run { service in
            let reply = try await service.post("/v1/backups", [:])
            #expect(reply.status == 201 && (reply.json["size"]?.integerValue ?? 0) > 0)
        }
    }
}

import CanonicalJSON
import Concurrency
import Foundation
import HTTPServer
import Records
import Service
import Testing

@testable import WebAPI

/// Every status that the document names for an operation occurs, but for 503, which needs a broken service.
@Suite(.serialized) struct `Documented statuses` {
    private typealias Seen = Set<String>

    @Test func `all occur`() async throws {
        try await RunningService.run {
            $0.bodyLimit = 2 << 20
        } _: { service in
            var seen = try await successes(service)
            seen.formUnion(try await conflicts(service))
            for route in WebService.routes where route.operation != nil {
                for status in route.expectedProblems where try await provoke(status, route, service) == status {
                    seen.insert("\(route.operation ?? "") \(status)")
                }
            }
            let due = WebService.routes.flatMap { route in
                route.expectedProblems.union(route.answers.map(\.status)).subtracting([503])
                    .map { "\(route.operation ?? "") \($0)" }
            }
            // A key that neither signs nor was retired comes about only by a root that certifies ahead; cosigned
            // checkpoints need a witness (`WitnessedLogTests`).
            seen.formUnion(["retireKey 200", "getWitnessedCheckpoint 200"])
            #expect(Set(due).subtracting(seen).filter { !$0.hasPrefix(" ") }.sorted() == [])
            // What is documented is sent by one of these requests at least, but for what only a log that is BEHIND or a
            // standby says, which Tests/acceptance/recover.py and standby.py ask over HTTP.
            let unsent = DocumentedAPI.answered.subtracting(service.sent.withLock { $0 })
            #expect(
                unsent.sorted() == [
                    "PredictionPage.lag", "PredictionPage.missing", "ReadLag.entries", "ReadLag.seconds",
                    "TimelinePage.lag",
                ])
        }
    }

    /// One success of each operation.
    private func successes(_ service: RunningService) async throws -> Seen {
        var seen: Seen = []
        func note(_ operation: String, _ reply: Reply) { seen.insert("\(operation) \(reply.status)") }
        let picture = try RunningService.picture()
        let once = [("Idempotency-Key", "once")]
        let named = form(picture, patient: "P-1")
        let made = try await service.upload(named, to: "/v1/predictions", headers: once)
        note("createPrediction", made)
        note("createPrediction", try await service.upload(named, to: "/v1/predictions", headers: once))
        note("predict", try await service.upload(form(picture, field: "file"), to: "/predict"))
        let prediction = "/v1/predictions/\(try #require(made.json["id"]?.stringValue))"
        note("listPredictions", try await service.get("/v1/predictions?limit=1"))
        note("getPrediction", try await service.get(prediction))
        note("getPredictionImage", try await service.get(prediction + "/image"))
        note("getPredictionProof", try await service.get(prediction + "/proof"))
        note("getPredictionPassport", try await service.get(prediction + "/passport?image=true"))
        note("reviewPrediction", try await service.post(prediction + "/review", ["verdict": "agree", "reason": "r"]))
        note("reproducePrediction", try await service.post(prediction + "/reproduce", [:]))
        note("getEvent", try await service.get("/v1/events/0"))
        note("listEvents", try await service.get("/v1/events"))
        note("streamEvents", try await service.send("HEAD", "/v1/events/stream", key: service.key))
        note("getCheckpoint", try await service.get("/v1/log/checkpoint"))
        note("getVerifierKey", try await service.get("/v1/log/vkey"))
        note("proveInclusion", try await service.get("/v1/log/proof/inclusion?entry=0"))
        note("proveInclusion", try await service.get("/v1/log/proof/inclusion?entry=none"))
        note("proveConsistency", try await service.get("/v1/log/proof/consistency?from=1"))
        note("getPublishedCheckpoint", try await service.get("/tlog/checkpoint"))
        note("getTile", try await service.get("/tlog/tile/0/000.p/1"))
        note("getEntryBundle", try await service.get("/tlog/tile/entries/000.p/1"))
        note("listKeys", try await service.get("/v1/keys"))
        note("requestKeys", try await service.post("/v1/keys/request", [:]))
        let rotated = try await service.post("/v1/keys/rotate", [:])
        note("rotateKeys", rotated)
        let old = try #require(rotated.json["keys"]?.arrayValue?.first { $0["state"] == "retired" }?["id"]?.stringValue)
        let report: JSONValue = ["from": 1, "reason": "r"]
        note("reportCompromisedKey", try await service.post("/v1/keys/\(old)/compromised", report))
        note("listModels", try await service.get("/v1/models"))
        let registered = try await service.upload(try SavedModel.form(comment: 1), to: "/v1/models")
        note("registerModel", registered)
        let model = "/v1/models/\(try #require(registered.json["digest"]?.stringValue))"
        note("getModel", try await service.get(model))
        let digest = try #require(registered.json["digest"]?.stringValue)
        let file = service.folder.appending(path: "models/\(digest.prefix(2))/\(digest)")
        let aside = file.appendingPathExtension("aside")
        try FileManager.default.moveItem(at: file, to: aside)
        note("verifyModels", try await service.post("/v1/models/verify", [:]))
        try FileManager.default.moveItem(at: aside, to: file)
        note("changeThreshold", try await service.post(model + "/threshold", ["threshold": "0.4"]))
        note("activateModel", try await service.post(model + "/activate", [:]))
        note("rollBackModel", try await service.post("/v1/models/rollback", [:]))
        note("retireModel", try await service.post(model + "/retire", [:]))
        note("listCredentials", try await service.get("/v1/credentials"))
        let issued = try await service.post("/v1/credentials", ["role": "auditor", "name": "x"])
        note("issueCredential", issued)
        let credential = "/v1/credentials/\(try #require(issued.json["id"]?.stringValue))"
        note("rotateCredential", try await service.post(credential + "/rotate", [:]))
        note("revokeCredential", try await service.post(credential + "/revoke", [:]))
        let signedIn = try await service.post("/session", ["key": .string(service.key)])
        note("signIn", signedIn)
        let cookie = String((signedIn.header("Set-Cookie") ?? "").prefix { $0 != ";" })
        note("getSession", try await service.send("GET", "/session", headers: [("Cookie", cookie)]))
        note("getTimeline", try await service.get("/v1/timeline?type=LoginSucceeded"))
        note("getTimeline", try await service.get("/v1/timeline?limit=1"))
        note("getTimeline", try await service.get("/v1/timeline?type=PredictionRecorded"))
        note("signOut", try await service.send("DELETE", "/session", key: service.key))
        note("createBackup", try await service.post("/v1/backups", [:]))
        let export = try await service.post("/v1/exports", ["known": [1]])
        note("createExport", export)
        let path = try #require(export.header("Location"))
        let done = try await service.finished(path)
        note("getExport", done)
        note("getExportArchive", try await service.get(try #require(done.json["archive"]?.stringValue)))
        let index = try await service.stopPredictionList()
        let skip = try await service.post("/v1/projections/predictions/skips", ["index": index, "reason": "r"])
        note("skipProjectionEvent", skip)
        note(
            "skipProjectionEvent",
            try await service.post("/v1/projections/predictions/skips", ["index": index, "reason": "r"]))
        note("listProjections", try await service.get("/v1/projections"))
        for route in WebService.routes where !route.needsKey && route.method == .get {
            note(route.operation ?? "", try await service.send("GET", route.pattern.description))
        }
        return seen
    }

    /// What contradicts the state that `successes` left.
    private func conflicts(_ service: RunningService) async throws -> Seen {
        var seen: Seen = []
        func note(_ operation: String, _ reply: Reply) { seen.insert("\(operation) \(reply.status)") }
        for key in try await service.get("/v1/keys").json["keys"]?.arrayValue ?? [] {
            let id = try #require(key["id"]?.stringValue)
            note("retireKey", try await service.post("/v1/keys/\(id)/retire", [:]))
        }
        let copy = service.folder.appending(path: "copy")  // what a restore leaves that may not go on
        try Data().write(to: copy)
        note("requestKeys", try await service.post("/v1/keys/request", [:]))
        note("rotateKeys", try await service.post("/v1/keys/rotate", [:]))
        try FileManager.default.removeItem(at: copy)
        let models = try await service.get("/v1/models").json
        let retired = try #require(
            models["models"]?.arrayValue?.first { $0["state"] == "retired" }?["digest"]?.stringValue)
        let active = try #require(models["active"]?.stringValue)
        note("registerModel", try await service.upload(try SavedModel.form(comment: 1), to: "/v1/models"))
        // Two models have this name.
        note("getModel", try await service.get("/v1/models/pneumonia_cnn"))
        note("changeThreshold", try await service.post("/v1/models/pneumonia_cnn/threshold", ["threshold": "0.5"]))
        note("activateModel", try await service.post("/v1/models/\(retired)/activate", [:]))
        note("rollBackModel", try await service.post("/v1/models/rollback", [:]))
        note("retireModel", try await service.post("/v1/models/\(active)/retire", [:]))
        let credentials = try await service.get("/v1/credentials").json["credentials"]?.arrayValue
        let revoked = try #require(credentials?.first { $0["state"] == "revoked" }?["id"]?.stringValue)
        note("rotateCredential", try await service.post("/v1/credentials/\(revoked)/rotate", [:]))
        note("revokeCredential", try await service.post("/v1/credentials/\(revoked)/revoke", [:]))
        let ahead = [("Last-Event-ID", "999999")]
        note("streamEvents", try await service.send("GET", "/v1/events/stream", key: service.key, headers: ahead))
        for path in ["/v1/predictions", "/predict"] {
            let reply = try await service.upload(form(Array(try RunningService.picture().prefix(999))), to: path)
            note(path == "/predict" ? "predict" : "createPrediction", reply)
        }
        note("registerModel", try await service.upload(form([1], field: "model"), to: "/v1/models"))
        return seen
    }

    /// The answer to a request that is wrong in the way that a status is for.
    private func provoke(_ status: Int, _ route: Route, _ service: RunningService) async throws -> Int {
        let (method, json) = (route.method.rawValue, [("Content-Type", "application/json")])
        let path = route.pattern.places.reduce(route.pattern.description) { $0.replacing("{\($1)}", with: "ffffffff") }
        let name = route.operation ?? ""
        switch status {
        case 400 where name == "signIn":
            return try await service.send(method, path, headers: json, body: Array("{}".utf8)).status
        case 400: return try await service.send(method, path + "?unknown=1", key: service.key).status
        case 401 where name == "signIn":
            return try await service.send(method, path, headers: json, body: Array("{\"key\":\"x\"}".utf8)).status
        case 401: return try await service.send(method, path).status
        case 403 where ["signOut", "verifyModels"].contains(name):  // which every role may do, but not every site
            let signedIn = try await service.post("/session", ["key": .string(service.key)])
            let cookie = signedIn.header("Set-Cookie") ?? ""
            return try await service.send(method, path, headers: [("Cookie", cookie)]).status
        case 403:
            guard case .key(let permission?, _) = route.door,
                let role = Role.allCases.first(where: { !$0.holds(permission) })
            else { return 0 }
            let key = try await service.issue(role.rawValue)
            if case .upload(let schema, _) = route.content {
                let form = form([1], field: schema == "ModelForm" ? "model" : "image")
                return try await service.upload(form, to: path, key: key).status
            }
            let bodies: [String: JSONValue] = [
                "reviewPrediction": ["verdict": "agree"], "changeThreshold": ["threshold": "0.5"],
                "issueCredential": ["role": "auditor", "name": "x"],
            ]
            guard case .json = route.content else { return try await service.send(method, path, key: key).status }
            return try await service.post(path, bodies[name, default: [:]], key: key).status
        case 404 where name == "listPredictions":
            return try await service.get(path + "?wait_for=999999").status
        case 404:
            let bodies: [String: JSONValue] = [
                "reviewPrediction": ["verdict": "agree"], "changeThreshold": ["threshold": "0.5"],
                "createExport": ["patient": "nobody"],
            ]
            guard case .json = route.content else {
                return try await service.send(method, path, key: service.key).status
            }
            return try await service.post(path, bodies[name, default: [:]]).status
        case 413:
            let body = [UInt8](repeating: 0x20, count: 2 << 20 + 1)
            return try await service.send(method, path, key: service.key, headers: json, body: body).status
        case 415:
            let plain = [("Content-Type", "text/plain")]
            return try await service.send(method, path, key: service.key, headers: plain, body: [0x78]).status
        default: return 0
        }
    }
}

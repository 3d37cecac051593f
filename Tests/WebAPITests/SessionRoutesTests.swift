import CanonicalJSON
import Testing

@testable import WebAPI

@Suite(.serialized) struct `A sign-in at the page` {
    private func cookie(of reply: Reply) throws -> String {
        String(try #require(reply.header("Set-Cookie")).prefix { $0 != ";" })
    }

    @Test func `is a cookie that changes nothing without its token`() async throws {
        try await RunningService.run { service in
            let signedIn = try await service.send(
                "POST", "/session", headers: [("Content-Type", "application/json")],
                body: JSONValue.object(["key": .string(service.key)]).canonicalBytes())
            #expect(signedIn.status == 204)
            let set = try #require(signedIn.header("Set-Cookie"))
            #expect(set.hasPrefix("cxr_session=") && set.hasSuffix("; HttpOnly; SameSite=Strict; Path=/"))
            let cookie = ("Cookie", try cookie(of: signedIn))

            let session = try await service.send("GET", "/session", headers: [cookie])
            #expect(session.json["role"] == "administrator" && session.json["name"] == "administrator")
            #expect(session.json["permissions"]?.arrayValue?.contains("prediction.create") == true)
            let token = try #require(session.json["csrf"]?.stringValue)

            let body = JSONValue.object(["role": "auditor", "name": "x"]).canonicalBytes()
            let json = ("Content-Type", "application/json")
            for forged in [[], [("X-CXR-CSRF", "")], [("X-CXR-CSRF", String(token.reversed()) + "0")]] {
                let reply = try await service.send(
                    "POST", "/v1/credentials", headers: [cookie, json] + forged, body: body)
                #expect(reply.status == 403 && reply.code == "csrf-refused")
            }
            let issued = try await service.send(
                "POST", "/v1/credentials", headers: [cookie, json, ("X-CXR-CSRF", token)], body: body)
            #expect(issued.status == 201)

            let signedOut = try await service.send("DELETE", "/session", headers: [cookie, ("X-CXR-CSRF", token)])
            #expect(signedOut.status == 204 && signedOut.header("Set-Cookie")?.contains("Max-Age=0") == true)
            let ended = try await service.send("GET", "/session", headers: [cookie])
            #expect(ended.status == 401 && ended.code == "session-ended")
        }
    }

    @Test func `ends with its key`() async throws {
        try await RunningService.run { service in
            let issued = try await service.post("/v1/credentials", ["role": "clinician", "name": "c"])
            let (id, key) = (issued.json["id"]?.stringValue ?? "", issued.json["key"]?.stringValue ?? "")
            let signedIn = try await service.send(
                "POST", "/session", headers: [("Content-Type", "application/json")],
                body: JSONValue.object(["key": .string(key)]).canonicalBytes())
            let cookie = ("Cookie", try cookie(of: signedIn))
            #expect(try await service.send("GET", "/session", headers: [cookie]).status == 200)
            try await service.post("/v1/credentials/\(id)/revoke", ["reason": "left"])
            #expect(try await service.send("GET", "/session", headers: [cookie]).status == 401)
        }
    }

    @Test func `is refused with another key, or as a form that any site could send`() async throws {
        try await RunningService.run { service in
            let body = Array("{\"key\":\"cxr_wrong\"}".utf8)
            let wrong = try await service.send(
                "POST", "/session", headers: [("Content-Type", "application/json")], body: body)
            #expect(wrong.status == 401 && wrong.header("Set-Cookie") == nil)
            let plain = try await service.send(
                "POST", "/session", headers: [("Content-Type", "text/plain")], body: body)
            #expect(plain.status == 415)
            let proxied = try await service.send(
                "POST", "/session",
                headers: [("Content-Type", "application/json"), ("X-Forwarded-Proto", "https")],
                body: JSONValue.object(["key": .string(service.key)]).canonicalBytes())
            #expect(proxied.header("Set-Cookie")?.hasSuffix("; Secure") == true)
        }
    }
}

import CanonicalJSON
import HTTPServer
import Service
import Testing

@testable import WebAPI

@Suite(.serialized) struct `A problem` {
    @Test func `is a document of RFC 9457 with the original's members`() async throws {
        try await RunningService.run { service in
            let reply = try await service.send(
                "GET", "/v1/predictions/unknown", key: service.key, headers: [("X-Request-ID", "my.request-1_A")])
            #expect(reply.status == 404 && reply.header("Content-Type") == "application/problem+json")
            #expect(reply.header("X-Request-ID") == "my.request-1_A")
            let document = reply.json
            #expect(document["type"] == "urn:cxrledger:problem:prediction-unknown")
            #expect(document["status"] == 404 && document["status_code"] == 404)
            #expect(document["title"] == "Not found" && document["code"] == "prediction-unknown")
            #expect(document["detail"] == "No prediction has this id." && document["error"] == document["detail"])
            #expect(document["request_id"] == "my.request-1_A")
            #expect(document["instance"] == "urn:cxrledger:request:my.request-1_A")
            #expect(document["path"] == "/v1/predictions/unknown" && document["timestamp"]?.stringValue?.count == 27)
        }
    }

    @Test func `answers what no route answers`() async throws {
        try await RunningService.run { service in
            let unknown = try await service.send("GET", "/nowhere?patient=P-1")
            #expect(unknown.status == 404 && unknown.code == "route-unknown" && unknown.json["path"] == "/nowhere")
            let other = try await service.send("DELETE", "/v1/predictions", key: service.key)
            #expect(other.status == 405 && other.header("Allow") == "GET, HEAD, POST")
            let malformed = try await service.send("GET", "/%zz")
            #expect(malformed.status == 400 && malformed.code == "malformed-request")
        }
    }

    @Test(arguments: ["", "a b", "ä", String(repeating: "x", count: 129)])
    func `has a request id of ours when the client's is none`(id: String) async throws {
        let head = try HTTPRequestHeadFixture.head([("X-Request-ID", id)])
        let exchange = Exchange(head, route: nil)
        #expect(exchange.requestID != id && exchange.requestID.count == 36)
    }

    @Test(arguments: [
        (ServiceError.Kind.invalid, 400), (.unauthenticated, 401), (.forbidden, 403), (.notFound, 404),
        (.conflict, 409), (.tooLarge, 413), (.unsupportedMedia, 415), (.unprocessable, 422),
        (.overloaded(retryAfterSeconds: 7), 503), (.unavailable, 503),
    ])
    func `has the status of its kind`(kind: ServiceError.Kind, status: Int) {
        let problem = Problem(ServiceError(kind, "code", "Detail."))
        #expect(problem.status == status)
        #expect(problem.headers["Retry-After"] == (kind == .overloaded(retryAfterSeconds: 7) ? "7" : nil))
    }

    @Test func `refuses a body over the limit before it is read`() async throws {
        try await RunningService.run {
            $0.bodyLimit = 1 << 20
        } _: { service in
            let large = [UInt8](repeating: 0, count: 1 << 20 + 1)
            let picture = try await service.send(
                "POST", "/v1/predictions", key: service.key, headers: [("Content-Type", "image/png")], body: large)
            #expect(picture.status == 413 && picture.code == "body-too-large")
            let json = try await service.send(
                "POST", "/v1/credentials", key: service.key, headers: [("Content-Type", "application/json")],
                body: [UInt8](repeating: 0x20, count: 64 << 10 + 1))
            #expect(json.status == 413)
        }
    }

    @Test(arguments: [
        ("", 400, "json-field-missing"), ("{", 400, "json-malformed"), ("[]", 400, "json-malformed"),
        ("{\"role\":\"auditor\"}", 400, "json-field-missing"),
        ("{\"role\":1,\"name\":\"x\"}", 400, "json-field-invalid"),
        ("{\"role\":\"king\",\"name\":\"x\"}", 400, "role-unknown"),
        ("{\"role\":\"auditor\",\"name\":\"\"}", 400, "name-invalid"),
        ("{\"role\":\"auditor\",\"name\":\"x\",\"admin\":true}", 400, "json-field-unknown"),
        ("{\"role\":\"auditor\",\"name\":\"x\",\"name\":\"y\"}", 400, "json-malformed"),
    ])
    func `says what is wrong with a body`(body: String, status: Int, code: String) async throws {
        try await RunningService.run { service in
            let reply = try await service.send(
                "POST", "/v1/credentials", key: service.key, headers: [("Content-Type", "application/json")],
                body: Array(body.utf8))
            #expect(reply.status == status && reply.code == code, "\(reply.text)")
        }
    }

    @Test func `refuses what would be ignored`() async throws {
        try await RunningService.run { service in
            for (query, code) in [
                ("patient_name=P-1", "query-unknown"), ("limit=1&limit=2", "query-repeated"),
                ("limit=-1", "query-invalid"),
                ("wait_for=x", "query-invalid"), ("reviewed=maybe", "query-invalid"),
                ("from=yesterday", "time-invalid"),
                ("cursor=x", "cursor-invalid"), ("wait_for=99999999999999999999", "query-invalid"),
            ] {
                let reply = try await service.get("/v1/predictions?\(query)")
                #expect(reply.status == 400 && reply.code == code, "\(query): \(reply.text)")
                #expect(!reply.text.contains("P-1"))
            }
            let reply = try await service.send(
                "POST", "/v1/credentials", key: service.key, headers: [("Content-Type", "text/plain")],
                body: Array("{\"role\":\"auditor\",\"name\":\"x\"}".utf8))
            #expect(reply.status == 415 && reply.code == "json-expected")
        }
    }
}

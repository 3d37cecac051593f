import CanonicalJSON
import HTTPClient
import HTTPServer
import Records
import Service
import Testing

@testable import WebAPI

@Suite(.serialized) struct `Access` {
    /// A request that would get as far as the role's permission, on things that do not exist.
    private func attempt(_ route: Route, at service: RunningService, key: String?) async throws -> Reply {
        let path = route.pattern.places.reduce(route.pattern.description) { path, place in
            path.replacing("{\(place)}", with: "ffffffffffff")
        }
        let method = route.method.rawValue
        switch route.content {
        case .none:
            // The stream refuses what it never sent; the others do not look.
            return try await service.send(method, path, key: key, headers: [("Last-Event-ID", "999999")])
        case .upload(let name, _):
            let form = form(Array("no picture".utf8), field: name == "ModelForm" ? "model" : "image")
            return try await service.send(
                method, path, key: key, headers: [("Content-Type", form.contentType)], body: form.body)
        case .json(let schema, _):
            let bodies: [String: JSONValue] = [
                "Review": ["verdict": "agree"], "Threshold": ["threshold": "0.5"], "SignIn": ["key": "cxr_none"],
                "NewCredential": ["role": "auditor", "name": "an auditor"],
            ]
            return try await service.send(
                method, path, key: key, headers: [("Content-Type", "application/json")],
                body: bodies[schema, default: [:]].canonicalBytes())
        }
    }

    @Test func `needs a key everywhere but at the open routes`() async throws {
        try await RunningService.run { service in
            for route in WebService.routes {
                let reply = try await attempt(route, at: service, key: nil)
                if route.mayNeedKey {
                    #expect(reply.status == 401 && reply.code == "key-missing", "\(route.pattern)")
                    #expect(reply.header("WWW-Authenticate")?.hasPrefix("Bearer") == true)
                } else if route.operation != "signIn" {
                    #expect(reply.status == 200, "\(route.pattern)")
                }
            }
        }
    }

    @Test func `is refused with a key that is not known`() async throws {
        try await RunningService.run { service in
            for route in WebService.routes where route.needsKey {
                let reply = try await attempt(route, at: service, key: "cxr_c0ffee_00")
                #expect(reply.status == 401 && reply.code == "key-refused", "\(route.pattern)")
            }
            let events = try await service.get("/v1/timeline?type=AuthenticationFailed")
            #expect(events.json["events"]?.arrayValue?.count == 2, "a flood of dozens is the first of a minute and ten")
        }
    }

    @Test func `follows the one table of permissions`() async throws {
        try await RunningService.run { service in
            for role in Role.allCases {
                let key = try await service.issue(role.rawValue)
                for route in WebService.routes {
                    guard case .key(let permission?, _) = route.door else { continue }
                    let reply = try await attempt(route, at: service, key: key)
                    #expect(
                        (reply.status == 403) == !role.holds(permission), "\(role) \(route.method) \(route.pattern)")
                    if reply.status == 403 { #expect(reply.code == "forbidden") }
                    #expect(reply.status != 401 && reply.status < 500, "\(role) \(route.pattern) \(reply.text)")
                }
            }
            let refusals = try await service.get("/v1/timeline?type=AuthorizationDenied&limit=1000")
            #expect((refusals.json["events"]?.arrayValue?.count ?? 0) > 40)
        }
    }

    @Test(arguments: [("127.0.0.1", "192.0.2.7"), ("10.0.0.0/8", "127.0.0.1")])
    func `is recorded with the address that a named proxy tells, and with nobody else's word`(
        proxy: String, address: String
    ) async throws {
        try await RunningService.run {
            $0.proxies = [NetworkRange(proxy)].compactMap(\.self)
        } _: { service in
            let forwarded = [("X-Forwarded-For", "1.1.1.1, 192.0.2.7")]
            try await service.send("GET", "/v1/predictions", key: "cxr_c0ffee_00", headers: forwarded)
            let events = try await service.get("/v1/timeline?type=AuthenticationFailed&address=\(address)")
            #expect(events.json["events"]?.arrayValue?.count == 1)
        }
    }
}

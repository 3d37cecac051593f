import Records
import Testing

@testable import Service

@Suite struct `A credential` {
    @Test func `opens the door until it is rotated or revoked, at once, in every process`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let (other, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        let issued = try await bench.application.issue(role: .clinician, name: "Ana", bench.administrator)
        _ = try await enter(other, issued.key)
        let rotated = try await bench.application.rotate(issued.id, bench.administrator)
        await #expect(throws: ServiceError.self) { try await enter(other, issued.key) }
        _ = try await enter(other, rotated.key)
        try await bench.application.revoke(issued.id, reason: "left", bench.administrator)
        await #expect(throws: ServiceError.self) { try await enter(other, rotated.key) }
    }

    @Test func `that is refused is one event a window, with the count of the others`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        for _ in 0..<20 {
            await #expect(throws: ServiceError.self) { try await enter(bench.application, "cxr_wrong") }
        }
        await bench.application.recordEndedFailures(all: true)
        var filter = TimelineFilter()
        filter.type = "AuthenticationFailed"
        let lines = try await bench.application.timeline(filter, bench.administrator).events
        #expect(
            lines.map(\.summary) == [
                "9 × key refused within 60 s: unknown key", "10 × key refused within 60 s: unknown key",
                "1 × key refused within 60 s: unknown key",
            ])
    }

    @Test func `of a role is refused what the role does not hold, with an event`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let issued = try await bench.application.issue(role: .auditor, name: "Aud", bench.administrator)
        let context = try await enter(bench.application, issued.key)
        let error = await #expect(throws: ServiceError.self) {
            try await bench.application.predict(.init(image: [1]), context)
        }
        #expect(error?.kind == .forbidden)
        var filter = TimelineFilter()
        filter.type = "AuthorizationDenied"
        let lines = try await bench.application.timeline(filter, bench.administrator).events
        #expect(lines.map(\.credential) == [issued.id])
    }

    /// Whoever rotates a key sees the new one, and would come by a role that they were not given.
    @Test func `of a wider role is revoked by security people, not rotated`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let security = try await bench.application.issue(role: .security, name: "Sec", bench.administrator)
        let other = try await bench.application.issue(role: .administrator, name: "Adm", bench.administrator)
        let context = try await enter(bench.application, security.key)
        let error = await #expect(throws: ServiceError.self) { try await bench.application.rotate(other.id, context) }
        #expect(error == ServiceError(.forbidden, "credential-of-wider-role", ""))
        _ = try await enter(bench.application, other.key)
        try await bench.application.revoke(other.id, reason: "leaked", context)
        await #expect(throws: ServiceError.self) { try await enter(bench.application, other.key) }
        let rotated = try await bench.application.rotate(security.id, context)
        _ = try await enter(bench.application, rotated.key)
    }

    @Test func `of a session ends with its key`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let issued = try await bench.application.issue(role: .clinician, name: "Ana", bench.administrator)
        let token = try await bench.application.signIn(
            key: issued.key, from: .init(correlation: "c", address: "::1"))
        _ = try await bench.application.authenticate(
            sessionToken: token, from: .init(correlation: "c", address: "::1"))
        _ = try await bench.application.rotate(issued.id, bench.administrator)
        await #expect(throws: ServiceError.self) {
            try await bench.application.authenticate(
                sessionToken: token, from: .init(correlation: "c", address: "::1"))
        }
    }

    @discardableResult
    private func enter(_ application: Application, _ key: String) async throws -> RequestContext {
        try await application.authenticate(key: key, from: .init(correlation: "c", address: "127.0.0.1"))
    }
}

import HTTPClient
import HTTPServer

/// A handler made of closures; without any it answers with what it was asked.
struct TestHandler: HTTPHandler {
    var responding: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
        HTTPResponse(
            status: 200, contentType: "text/plain", text: "\(request.method) \(request.path) \(request.body.count)")
    }
    var admitting: @Sendable (HTTPRequestHead) -> HTTPAdmission = { _ in .accept(bodyLimit: .max) }

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission { admitting(head) }
    func respond(to request: HTTPRequest) async -> HTTPResponse { await responding(request) }
}

/// Starts a server on a free port, lends it and stops it.
func withServer(
    _ configure: (inout HTTPServerConfiguration) -> Void = { _ in }, _ handler: TestHandler = TestHandler(),
    _ body: (HTTPServer) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration()
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, handler: handler)
    try server.start()
    do { try await body(server) } catch {
        await server.stop(grace: .zero)
        throw error
    }
    await server.stop(grace: .seconds(5))
}

/// Waits until a condition holds; answers whether it did within ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<500 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return condition()
}

/// Sends one request as a well-behaved client; throws untyped, which `#expect` can rethrow.
func fetch(
    _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8]? = nil
) async throws -> HTTPClientResponse {
    try await HTTPClient().send(method, url: url, headers: headers, body: body)
}

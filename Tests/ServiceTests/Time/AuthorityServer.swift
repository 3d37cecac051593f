import Concurrency
import Foundation
import HTTPServer
import TestSupport

/// `openssl ts` as a time-stamp authority over HTTP on a free port.
final class AuthorityServer: HTTPHandler {
    let authority: LocalAuthority
    /// Answers with this status instead, when it is set.
    let failure = Locked<Int?>(nil)
    let stamps = Locked(0)
    private let server = Locked<HTTPServer?>(nil)

    init() throws {
        authority = try LocalAuthority(
            in: FileManager.default.temporaryDirectory.path() + "/tsa-\(UUID().uuidString)")
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: self)
        try server.start()
        self.server.withLock { $0 = server }
    }

    var url: String { "http://user:secret@127.0.0.1:\(server.withLock { $0?.port ?? 0 })/stamp?token=secret" }

    static func run(_ body: (AuthorityServer) async throws -> Void) async throws {
        let server = try AuthorityServer()
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func stop() async {
        await server.withLock { $0 }?.stop(grace: .zero)
        try? FileManager.default.removeItem(atPath: authority.folder)
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        if let status = failure.withLock({ $0 }) { return HTTPResponse(status: status) }
        guard request.path == "/stamp", request.headers["Content-Type"] == "application/timestamp-query",
            let reply = try? authority.reply(to: request.body)
        else { return HTTPResponse(status: 400) }
        stamps.withLock { $0 += 1 }
        return HTTPResponse(
            status: 200, headers: ["Content-Type": "application/timestamp-reply"], body: .bytes(reply))
    }
}

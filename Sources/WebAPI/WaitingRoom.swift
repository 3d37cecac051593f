import HTTPServer
import Ledger
public import Service

/// Answers for a service that cannot be opened yet, since its database does not answer: alive, unhealthy, not ready, and
/// every other question is to be asked again.
public final class WaitingRoom: Sendable {
    private let server: HTTPServer

    /// Begins to listen where the service will.
    ///
    /// - Throws: `HTTPServerError`.
    public init(_ settings: Settings) throws {
        let configuration = HTTPServerConfiguration(host: settings.host, port: settings.port)
        server = HTTPServer(configuration: configuration, handler: Attendant())
        try server.start()
    }

    /// Makes room for the service.
    public func close() async { await server.stop(grace: .seconds(1)) }

    private struct Attendant: HTTPHandler {
        private static let error = ServiceError(
            .overloaded(retryAfterSeconds: 2), "store-unavailable",
            "The database does not answer yet; the service waits for it, and goes on by itself.")

        private struct Health: Encodable {
            let status: String
            var healthy = false
            let timestamp = SystemClock.now().description
            let version = Application.version
            var checks = ["storage": ["status": "unhealthy", "message": Attendant.error.detail]]
        }

        func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyLimit: 0) }

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            let head = request.head
            let answer: HTTPResponse? =
                switch head.path.hasPrefix("/v1/") ? "" : head.path.split(separator: "/").last {
                case "alive", "live", "liveness": try? .json(Health(status: "alive", healthy: true))
                case "health", "detailed": try? .json(Health(status: "unhealthy"), status: 503)
                case "ready", "readiness", "startup": try? .json(Health(status: "not ready"), status: 503)
                default: nil
                }
            return answer ?? Problem(Self.error).response(in: Exchange(head, route: nil))
        }

        func refusal(_ reason: HTTPRefusal, head: HTTPRequestHead?) -> HTTPResponse {
            Problem(Self.error).response(in: Exchange(head, route: nil))
        }
    }
}

import Concurrency
import HTTPServer
import Ledger
import Records
import Service

/// What operators and their tools ask for.
enum OperationRoutes {
    static let all: [Route] = states + signs + [metricsRoute, backupRoute]

    private static let states: [Route] = ["/health", "/health/detailed"].map { path in
        Route(
            method: .get, pattern: PathPattern(path), operation: name("getHealth", path),
            summary: "Says how the service is.",
            answers: [
                .json(200, "Health", "Healthy, or degraded but working."), .json(503, "Health", "Unhealthy."),
            ], door: .open(health))
    }

    /// Every name that operators' tools ask by.
    private static let signs: [Route] =
        ["/alive", "/health/live", "/health/liveness"].map { path in
            Route(
                method: .get, pattern: PathPattern(path), operation: name("getLiveness", path),
                summary: "Says that the process answers.", answers: [.json(200, "Sign", "Alive.")], door: .open(live))
        }
        + ["/health/readiness", "/health/ready", "/health/startup", "/ready"].map { path in
            Route(
                method: .get, pattern: PathPattern(path), operation: name("getReadiness", path),
                summary: "Says whether predictions can be made and recorded.",
                answers: [.json(200, "Sign", "Ready."), .json(503, "Sign", "Not ready.")], door: .open(ready))
        }

    private static let metricsRoute = Route(
        method: .get, pattern: "/metrics", operation: "getMetrics", summary: "Gives the metrics.",
        answers: [.media(200, "text/plain", "The Prometheus text format, version 0.0.4.")], door: .open(metrics))

    private static let backupRoute = Route(
        method: .post, pattern: "/v1/backups", operation: "createBackup",
        summary: "Writes a backup on the server while the service goes on.",
        content: .json(schema: "Nothing", isRequired: false),
        answers: [.json(201, "Backup", "What was written, and where.")], door: .key(.backupCreate, backUp))

    private struct Sign: Encodable {
        let status: String
        let timestamp: String
    }

    @Sendable static func health(_ call: Call) async throws(ServiceError) -> HTTPResponse {
        let view = await call.application.health()
        return try .json(view, status: view.healthy ? 200 : 503)
    }

    @Sendable static func live(_ call: Call) async throws(ServiceError) -> HTTPResponse {
        try .json(Sign(status: "alive", timestamp: SystemClock.now().description))
    }

    @Sendable static func ready(_ call: Call) async throws(ServiceError) -> HTTPResponse {
        let view = await call.application.health()
        let isReady = view.healthy && view.modelStatus.loaded && view.checks["lock"]?.status == "healthy"
        return try .json(
            Sign(status: isReady ? "ready" : "not ready", timestamp: view.timestamp), status: isReady ? 200 : 503)
    }

    @Sendable static func metrics(_ call: Call) async throws(ServiceError) -> HTTPResponse {
        let metrics = call.application.metrics
        let gauges = call.site.gauges.withLock { $0 }?()
        let values = [
            ("cxrledger_http_connections", "Connections that are open.", gauges?.openConnections),
            ("cxrledger_http_requests_open", "Requests whose answer has not been sent.", gauges?.openRequests),
            ("cxrledger_http_handlers", "Requests that are being answered.", gauges?.runningHandlers),
            ("cxrledger_http_body_bytes", "Bytes of bodies that are held.", gauges?.bufferedBodyBytes),
            ("cxrledger_http_refusals", "Requests that the server refused by itself.", gauges?.refusalsTotal),
        ]
        for (name, help, value) in values { metrics.set(name, help, to: Double(value ?? 0)) }
        return HTTPResponse(
            status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
            text: await call.application.exposition())
    }

    @Sendable static func backUp(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        _ = try JSONFields(call.request, known: [])
        return try .json(try await call.application.backup(to: nil, caller.context), status: 201)
    }

    /// `/health/live` becomes `getLiveness_health_live`.
    private static func name(_ verb: String, _ path: String) -> String { verb + path.replacing("/", with: "_") }
}

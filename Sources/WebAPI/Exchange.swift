import HTTPServer
import Service

/// What every answer says of its request, whoever makes it: the route, the server, or the refusal of either.
struct Exchange: Sendable {
    let head: HTTPRequestHead?
    /// The route's pattern, never the path that was sent: paths hold ids, and their number has no bound.
    let endpoint: String
    /// Whether the request is one of those that monitoring sends all day.
    let isRoutine: Bool
    let requestID: String
    private let begun = ContinuousClock.now

    init(_ head: HTTPRequestHead?, route: Route?) {
        self.head = head
        endpoint = route?.pattern.description ?? "unmatched"
        isRoutine = route.map { !$0.needsKey && $0.method == .get } ?? false
        requestID =
            head?.headers["X-Request-ID"].flatMap { Self.isRequestID($0) ? $0 : nil }
            ?? Identifiers.uuid(at: SystemClock.now())
    }

    /// Adds what every answer carries, counts it and writes it down; a refusal with the problem that it tells of.
    func finish(_ response: HTTPResponse, _ problem: Problem? = nil, at site: Site) -> HTTPResponse {
        let seconds = begun.duration(to: .now) / .seconds(1)
        var response = response
        response.headers["X-Request-ID"] = requestID
        response.headers["X-API-Version"] = "1"
        response.headers["X-Process-Time"] = Self.text(seconds: seconds)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if response.headers["Cache-Control"] == nil { response.headers["Cache-Control"] = "no-store" }
        count(response.status, seconds, in: site.application.metrics)
        write(response.status, problem, seconds, to: site.journal)
        return response
    }

    private func count(_ status: Int, _ seconds: Double, in metrics: Metrics) {
        let labels = [("method", method), ("endpoint", endpoint)]
        metrics.count(
            "http_requests_total", "Answered requests.",
            labels + [("status", String(status)), ("status_code", String(status))])
        metrics.count("pneumonia_detector_requests_total", "Answered requests.")
        // Dashboards ask for either name; both exist from the first request on.
        for name in ["pneumonia_detector_errors_total", "pneumonia_detector_error_total"] {
            metrics.count(name, "Requests that the service failed to answer.", by: status >= 500 ? 1 : 0)
        }
        metrics.observe(
            "http_request_duration_seconds", "From the complete request to its answer.", labels, seconds: seconds)
    }

    /// Neither path nor query, which may name a patient.
    private func write(_ status: Int, _ problem: Problem?, _ seconds: Double, to journal: ApplicationLog?) {
        guard let journal else { return }
        let (level, message): (LogLevel, String) =
            switch status {
            case 500...: (.error, "request failed")
            case 401 where head.flatMap({ PresentedKey($0.headers) }) == nil: (.info, "request")  // nothing was tried
            case 401, 403: (.warning, "request unauthorized")
            default: (isRoutine ? .debug : .info, "request")
            }
        var fields = [
            "method": method, "route": endpoint, "status": String(status),
            "duration_ms": Self.text(seconds: seconds * 1_000), "request_id": requestID,
        ]
        fields["code"] = problem?.code
        fields["cause"] = problem?.cause
        journal.write(level, message, fields)
    }

    /// A method of our own choosing: clients may send any word.
    private var method: String {
        switch head?.method {
        case .get, .head, .post, .put, .patch, .delete, .options: head?.method.rawValue ?? ""
        case .other, nil: "OTHER"
        }
    }

    private static func isRequestID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "._-".utf8.contains(byte)
                }
            }
    }

    /// Six decimals, without an exponent.
    private static func text(seconds: Double) -> String {
        let millionths = Int64((max(0, min(seconds, 1e9)) * 1e6).rounded())
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }
}

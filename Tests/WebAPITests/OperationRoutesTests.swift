import CanonicalJSON
import Testing

@testable import WebAPI

@Suite(.serialized) struct `Operation over HTTP` {
    @Test func `tells how the service is`() async throws {
        try await RunningService.run { service in
            let health = try await service.send("GET", "/health")
            #expect(health.status == 200 && health.json["status"] == "healthy", "\(health.text)")
            #expect(health.json["model_status"]?["loaded"] == true)
            for path in ["/alive", "/health/live", "/health/liveness"] {
                #expect(try await service.send("GET", path).json["status"] == "alive")
            }
            for path in ["/ready", "/health/ready", "/health/readiness", "/health/startup"] {
                #expect(try await service.send("GET", path).json["status"] == "ready")
            }
            #expect(try await service.send("HEAD", "/health").body.isEmpty)
        }
    }

    @Test func `counts, and names no patient in metrics, log or answers to others`() async throws {
        try await RunningService.run { service in
            let patient = "Q-8812345"
            try await service.upload(form(try RunningService.picture(), patient: patient), to: "/v1/predictions")
            try await service.get("/v1/predictions?patient=\(patient)")
            try await service.get("/v1/predictions/\(patient)")
            try await service.send("GET", "/\(patient)")
            try await service.send("POST", "/v1/predictions?patient=\(patient)", key: service.key)
            let metrics = try await service.send("GET", "/metrics").text
            for line in [
                "http_requests_total{method=\"POST\",endpoint=\"/v1/predictions\",status=\"201\",status_code=\"201\"} 1",
                "http_requests_total{method=\"GET\",endpoint=\"unmatched\",status=\"404\",status_code=\"404\"} 1",
                "http_request_duration_seconds_bucket{method=\"GET\",endpoint=\"/v1/predictions/{id}\",le=\"+Inf\"} 1",
                "predictions_total{model_version=\"1\",status=\"success\",prediction=\"PNEUMONIA\",model=\"pneumonia_cnn\"} 1",
                "cxrledger_http_requests_open 1", "pneumonia_detector_errors_total 0",
                "pneumonia_detector_error_total 0", "cxrledger_read_only 0", "cxrledger_behind_entries 0",
                "cxrledger_check_status{check=\"lock\"} 0", "pneumonia_detector_model_load_errors_total 0",
            ] { #expect(metrics.contains(line + "\n"), "\(line)") }
            let log = try service.logText()
            #expect(log.contains("\"route\":\"/v1/predictions/{id}\"") && log.contains("\"status\":\"201\""))
            #expect(!metrics.contains(patient) && !log.contains(patient))
            #expect(!log.contains(service.key) && !metrics.contains(service.key))
            let events = try await service.get("/v1/events?limit=1000").text
            #expect(!events.contains(patient) && !events.contains(service.key))
        }
    }

    @Test func `finishes what was accepted when it stops`() async throws {
        try await RunningService.run { service in
            let picture = try RunningService.picture()
            async let reply = service.upload(form(picture), to: "/v1/predictions")
            while service.web.openRequests == 0 { try await Task.sleep(for: .milliseconds(1)) }
            await service.web.stop(grace: .seconds(30))
            #expect(try await reply.status == 201)
        }
    }
}

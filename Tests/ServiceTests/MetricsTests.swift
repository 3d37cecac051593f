import Testing

@testable import Service

@Suite struct `Metrics for Prometheus` {
    private let metrics = Metrics()

    @Test func `add up by label`() {
        for label in ["NORMAL", "PNEUMONIA", "NORMAL"] {
            metrics.count("predictions_total", "Predictions.", [("label", label)])
        }
        #expect(
            metrics.exposition() == """
                # HELP predictions_total Predictions.
                # TYPE predictions_total counter
                predictions_total{label="NORMAL"} 2
                predictions_total{label="PNEUMONIA"} 1

                """)
    }

    @Test func `let no label out of its quotes`() {
        metrics.set("m", "h", [("model", "a\"} 1\r\nb\\")], to: 1)
        #expect(metrics.exposition().hasSuffix("\nm{model=\"a\\\"} 1\r\\nb\\\\\"} 1\n"))
    }

    @Test func `count durations into every bucket that is large enough`() {
        for seconds in [0.0005, 0.3, 20] { metrics.observe("d", "h", seconds: seconds) }
        let lines = metrics.exposition().split(separator: "\n")
        #expect(lines.contains("d_bucket{le=\"0.001\"} 1"))
        #expect(lines.contains("d_bucket{le=\"0.25\"} 1"))
        #expect(lines.contains("d_bucket{le=\"0.5\"} 2"))
        #expect(lines.contains("d_bucket{le=\"+Inf\"} 3"))
        #expect(lines.contains("d_count 3"))
    }
}

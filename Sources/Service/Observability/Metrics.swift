import Concurrency

/// Counters, gauges and histograms in the Prometheus text format (version 0.0.4).
public final class Metrics: Sendable {
    public enum Kind: String, Sendable { case counter, gauge, histogram }

    private struct Family: Sendable {
        let kind: Kind
        let help: String
        var values: [String: Double] = [:]
        var histograms: [String: Histogram] = [:]
    }

    private struct Histogram: Sendable {
        var counts = [Int](repeating: 0, count: Metrics.bounds.count)
        var sum = 0.0
        var count = 0
    }

    /// Upper bounds in seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10]
    private let families = Locked<[String: Family]>([:])

    public init() {}

    /// Adds to a counter.
    public func count(_ name: String, _ help: String, _ labels: [(String, String)] = [], by amount: Double = 1) {
        change(name, .counter, help) { $0.values[Self.text(labels), default: 0] += amount }
    }

    /// Sets a gauge.
    public func set(_ name: String, _ help: String, _ labels: [(String, String)] = [], to value: Double) {
        change(name, .gauge, help) { $0.values[Self.text(labels)] = value }
    }

    /// Adds a duration in seconds to a histogram.
    public func observe(_ name: String, _ help: String, _ labels: [(String, String)] = [], seconds: Double) {
        change(name, .histogram, help) { family in
            var histogram = family.histograms[Self.text(labels)] ?? Histogram()
            for (position, bound) in Self.bounds.enumerated() where seconds <= bound { histogram.counts[position] += 1 }
            histogram.sum += seconds
            histogram.count += 1
            family.histograms[Self.text(labels)] = histogram
        }
    }

    /// Everything, as it is scraped.
    public func exposition() -> String {
        var text = ""
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, value) in family.values.sorted(by: { $0.key < $1.key }) {
                text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(value))\n"
            }
            for (labels, histogram) in family.histograms.sorted(by: { $0.key < $1.key }) {
                let start = labels.isEmpty ? "" : labels + ","
                for (bound, count) in zip(Self.bounds, histogram.counts) {
                    text += "\(name)_bucket{\(start)le=\"\(Self.number(bound))\"} \(count)\n"
                }
                let tail = labels.isEmpty ? "" : "{\(labels)}"
                text += "\(name)_bucket{\(start)le=\"+Inf\"} \(histogram.count)\n"
                text += "\(name)_sum\(tail) \(histogram.sum)\n\(name)_count\(tail) \(histogram.count)\n"
            }
        }
        return text
    }

    private func change(_ name: String, _ kind: Kind, _ help: String, _ body: (inout Family) -> Void) {
        families.withLock { families in
            var family = families[name] ?? Family(kind: kind, help: help)
            body(&family)
            families[name] = family
        }
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func text(_ labels: [(String, String)]) -> String {
        labels.map { name, value in
            // By scalars: to Swift a line feed after a carriage return is no line feed.
            var escaped = String.UnicodeScalarView()
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\\", "\"": escaped.append(contentsOf: ["\\", scalar])
                case "\n": escaped.append(contentsOf: ["\\", "n"])
                default: escaped.append(scalar)
                }
            }
            return "\(name)=\"\(String(escaped))\""
        }.joined(separator: ",")
    }
}

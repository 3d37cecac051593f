import HTTPServer
import Service

/// A field of the query that an operation reads.
struct QueryField: Sendable {
    enum Kind: String, Sendable { case string, integer }

    let name: String
    let kind: Kind
    let summary: String

    init(_ name: String, _ kind: Kind, _ summary: String) {
        (self.name, self.kind, self.summary) = (name, kind, summary)
    }

    init(_ name: String, _ summary: String) { self.init(name, .string, summary) }

    static let from = QueryField(
        "from", "Recorded at or after this time, UTC, such as 2026-11-23 or 2026-11-23T22:48:00Z.")
    static let to = QueryField("to", "Recorded before this time.")
    static let cursor = QueryField("cursor", "What the last page gave as `next`.")
    static func limit(_ most: Int) -> QueryField { QueryField("limit", .integer, "How many at most, up to \(most).") }
    static func equal(_ names: String...) -> [QueryField] { names.map { QueryField($0, "Only where this is equal.") } }
}

extension Call {
    /// Refuses what the operation would otherwise ignore.
    ///
    /// - Throws: `query-unknown` or `query-repeated`; neither says what was sent, which may name a patient.
    func checkQuery(_ fields: [QueryField]) throws(ServiceError) {
        let (names, known) = (request.query.map(\.name), fields.map(\.name))
        guard names.allSatisfy(known.contains) else {
            let list = known.isEmpty ? "no query" : "in its query only: \(known.joined(separator: ", "))"
            throw ServiceError(.invalid, "query-unknown", "This operation takes \(list).")
        }
        guard Set(names).count == names.count else {
            throw ServiceError(.invalid, "query-repeated", "A field of the query stands there twice.")
        }
    }

    /// A field of the query; an empty one, as forms send it, counts as absent.
    func query(_ name: String) -> String? { request.queryValue(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// A field of the query that is a count or a position.
    func number(_ name: String) throws(ServiceError) -> UInt64? {
        guard let text = query(name) else { return nil }
        guard let number = UInt64(text), number <= UInt64(Int64.max) else {
            throw ServiceError(.invalid, "query-invalid", "`\(name)` is a whole number of 0 or more.")
        }
        return number
    }

    /// The most rows that a page may have.
    func limit(_ usual: Int) throws(ServiceError) -> Int { try number("limit").map { Int(clamping: $0) } ?? usual }
}

import Ledger
import Records
import Storage

extension Application {
    /// What happened, by time, actor, credential, address, type, stream, model and outcome; asking is an event.
    public func timeline(_ filter: TimelineFilter, _ context: RequestContext) async throws(ServiceError) -> TimelinePage
    {
        try await require(.timelineRead, for: "timeline", context)
        var query = TableQuery(TimelineProjection.table, order: "idx", limit: min(max(1, filter.limit), 1_000) + 1)
        query.filters = try timeFilters(from: filter.from, to: filter.to)
        let texts = [
            ("actor", filter.actor), ("address", filter.address), ("type", filter.type), ("stream", filter.stream),
            ("outcome", filter.outcome),
        ]
        for (column, value) in texts { if let value { query.filters.append(.equals(column, .text(value))) } }
        if let credential = filter.credential {
            query.filters.append(.anyEquals(["credential", "about_credential"], .text(credential)))
        }
        if let model = filter.model { query.filters.append(try await modelFilter(model, "model")) }
        if let type = filter.type, EventType(rawValue: type) == nil {
            let known = EventType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(.invalid, "type-unknown", "There is no event type of this name. There are: \(known).")
        }
        if let outcome = filter.outcome, Outcome(rawValue: outcome) == nil {
            throw ServiceError(.invalid, "outcome-unknown", "An outcome is success, minor, serious or major.")
        }
        query.before = try cursor(filter.cursor)
        let page = try await page(query, of: TimelineProjection(), by: "idx")
        let lines = page.rows.compactMap(Self.line)
        let next = page.hasMore ? lines.last.map { String($0.index) } : nil
        let described =
            (texts + [
                ("from", filter.from), ("to", filter.to), ("credential", filter.credential), ("model", filter.model),
            ])
            .compactMap { name, value in value.map { "\(name)=\($0.prefix(200))" } }
        try await note(
            .auditLogQueried(.init(operation: "timeline", filters: described, returned: Int64(lines.count))),
            in: "access",
            context)
        return TimelinePage(events: lines, next: next, position: page.position, lag: page.lag)
    }

    private static func line(_ row: [TableValue]) -> TimelinePage.Line? {
        let table = TimelineProjection.table
        func text(_ name: String) -> String? { row[table.position(of: name)].text }
        func time(_ name: String) -> String {
            Timestamp(microseconds: row[table.position(of: name)].integer ?? 0).description
        }
        guard row.count == table.columns.count, let index = row[0].integer.flatMap({ UInt64(exactly: $0) }) else {
            return nil
        }
        return .init(
            index: index, eventId: text("event_id") ?? "", recordedAt: time("recorded_at"),
            occurredAt: time("occurred_at"),
            type: text("type") ?? "", stream: text("stream") ?? "", actor: text("actor") ?? "",
            credential: text("credential"), aboutCredential: text("about_credential"), session: text("session"),
            address: text("address"), model: text("model"),
            subject: text("subject"), outcome: text("outcome") ?? "", severity: text("severity") ?? "",
            correlation: text("correlation") ?? "", summary: text("summary") ?? "")
    }

    /// The filters of a time range, from inclusive, to exclusive.
    func timeFilters(from: String?, to: String?) throws(ServiceError) -> [TableQuery.Filter] {
        var filters: [TableQuery.Filter] = []
        if let from { filters.append(.atLeast("recorded_at", try Self.time(from).microseconds)) }
        if let to { filters.append(.below("recorded_at", try Self.time(to).microseconds)) }
        return filters
    }

    /// Reads `2026-11-23`, `2026-11-23T22:48`, `…:00`, `….123Z`: UTC, what is missing counts as zero.
    static func time(_ text: String) throws(ServiceError) -> Timestamp {
        var text = text.hasSuffix("Z") ? String(text.dropLast()) : text
        let full = "0000-01-01T00:00:00.000000"
        if text.utf8.count == 10 || text.utf8.count == 13 || text.utf8.count == 16
            || (19...26).contains(text.utf8.count)
        {
            text += full.dropFirst(text.utf8.count)
        }
        guard let time = Timestamp(text.prefix(26) + "Z") else {
            throw ServiceError(.invalid, "time-invalid", "A time is UTC in the form 2026-11-23T22:48:00Z.")
        }
        return time
    }

    func cursor(_ text: String?) throws(ServiceError) -> Int64? {
        guard let text else { return nil }
        guard let position = Int64(text), position >= 0 else {
            throw ServiceError(.invalid, "cursor-invalid", "A cursor is what the last page gave as `next`.")
        }
        return position
    }
}

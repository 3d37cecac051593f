import CanonicalJSON

/// `events list`: the log itself, in index order.
enum EventsList: Command {
    static let definition = CommandDefinition(
        words: ["events", "list"], section: .evidence, summary: "List events in index order",
        discussion: """
            Reads the log from an index on. The last line on standard error says where to go on; with --json, `last` is \
            what to name as --since the next time, and `done` says whether the log had no more. Reading is recorded.
            """,
        flags: [
            Flag("since", "INDEX", "begin with this index; 0 when not given"),
            Flag("limit", "N", "how many, 1 to 1000; 100 when not given"),
        ],
        examples: ["cxrledger events list", "cxrledger events list --since 500 --limit 1000 --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let since = try arguments.number("since", in: 0...Int.max) ?? 0
        let limit = try arguments.number("limit", in: 1...1_000) ?? 100
        let page = try await invocation.access().events(since: UInt64(since), limit: limit)
        try console.show(page) {
            let rows = page.events.map { event -> [TextTable.Cell] in
                [
                    "\(event.index)", .init(Times.short(event.text("recorded_at"))), .init(event.text("type")),
                    .init(event.envelope["actor"]?["id"]?.stringValue ?? ""), .init(event.text("outcome")),
                    .init(event.text("stream")),
                ]
            }
            return TextTable(
                [.init(number: "INDEX"), "RECORDED", "TYPE", "ACTOR", "OUTCOME", "STREAM"], rows
            ).text(console)
        }
        if !page.done, !console.isJSON { console.note("more: --since \(page.last)") }
        return .done
    }
}

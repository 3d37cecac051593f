import Service

/// `timeline`: what happened, for whoever investigates.
enum Timeline: Command {
    static let definition = CommandDefinition(
        words: ["timeline"], section: .evidence, summary: "Search what happened, newest first",
        discussion: """
            Every event is one line: predictions, reviews, model swaps, key rotations, refused keys, views and searches. \
            Filters are combined. Times are UTC: 2026-11-23, 2026-11-23T22:48 or with seconds. Asking is recorded.
            """,
        flags: [
            Flag("from", "TIME", "recorded at this time or later"), Flag("to", "TIME", "recorded before this time"),
            Flag("actor", "ID", "who acted: a credential's id, os:USER or cxrledger"),
            Flag("credential", "ID", "by or about this credential"), Flag("address", "IP", "from this network address"),
            Flag("type", "TYPE", "such as PredictionRecorded or CredentialRevoked"),
            Flag("stream", "NAME", "such as models or security"),
            Flag("model", "MODEL", "about a model, by name, version or digest"),
            Flag("outcome", "OUTCOME", "how it ended", choices: ["success", "minor", "serious", "major"]),
            Flag("limit", "N", "how many, 1 to 1000; 100 when not given"),
            Flag("cursor", "C", "go on where the last page ended"),
        ],
        examples: [
            "cxrledger timeline --from 2026-11-23T22:00 --to 2026-11-23T23:00",
            "cxrledger timeline --type AuthenticationFailed", "cxrledger timeline --credential c0123456789ab --json",
        ])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        var filter = TimelineFilter()
        (filter.from, filter.to) = (arguments.value("from"), arguments.value("to"))
        filter.actor = arguments.value("actor")
        (filter.credential, filter.address) = (arguments.value("credential"), arguments.value("address"))
        (filter.type, filter.stream) = (arguments.value("type"), arguments.value("stream"))
        (filter.model, filter.outcome) = (arguments.value("model"), arguments.value("outcome"))
        filter.limit = try arguments.number("limit", in: 1...1_000) ?? filter.limit
        filter.cursor = arguments.value("cursor")
        let page = try await invocation.access().timeline(filter)
        try console.show(page) {
            let rows = page.events.map { line -> [TextTable.Cell] in
                [
                    "\(line.index)", .init(Times.short(line.recordedAt)), .init(line.type), .init(line.actor),
                    .init(line.address ?? "-"), .init(line.outcome, line.outcome == "success" ? .plain : .bad),
                    .init(line.summary),
                ]
            }
            return TextTable(
                [.init(number: "INDEX"), "RECORDED", "TYPE", "ACTOR", "ADDRESS", "OUTCOME", "WHAT"], rows
            ).text(console)
        }
        if let lag = page.lag, lag.entries > 0 { console.note("note: as a standby has it, \(lag.description).") }
        if let next = page.next, !console.isJSON { console.note("more: --cursor \(next)") }
        return .done
    }
}

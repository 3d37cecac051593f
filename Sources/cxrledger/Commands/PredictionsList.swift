import Service

/// `predictions list`: a page of the predictions, newest first.
enum PredictionsList: Command {
    static let definition = CommandDefinition(
        words: ["predictions", "list"], section: .predictions, summary: "List predictions, newest first",
        discussion: """
            Filters are combined. Times are UTC: 2026-11-23, 2026-11-23T22:48 or with seconds; --from is inclusive, --to is \
            exclusive. Searching is recorded as an event.
            """,
        flags: [
            Flag("patient", "ID", "only this patient's", aliases: ["patient-id"], isPrivate: true),
            Flag("from", "TIME", "recorded at this time or later"), Flag("to", "TIME", "recorded before this time"),
            Flag("label", "LABEL", "only this label, such as PNEUMONIA"),
            Flag("model", "MODEL", "name, version or the beginning of a digest"),
            Flag("reviewer", "ID", "only those whose last review is by this credential or os:USER"),
            Flag("reviewed", "YES", "whether there is a review", choices: ["yes", "no"]),
            Flag("limit", "N", "how many, 1 to 500; 50 when not given"),
            Flag("cursor", "C", "go on where the last page ended"),
            Flag("wait-for", "INDEX", "answer only when the list has seen the event with this index"),
        ],
        examples: [
            "cxrledger predictions list --patient P-123", "cxrledger predictions list --from 2026-11-01 --reviewed no",
            "cxrledger predictions list --label PNEUMONIA --json",
        ])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        var filter = PredictionFilter()
        (filter.from, filter.to) = (arguments.value("from"), arguments.value("to"))
        filter.patient = arguments.value("patient")
        (filter.label, filter.model) = (arguments.value("label"), arguments.value("model"))
        (filter.reviewer, filter.cursor) = (arguments.value("reviewer"), arguments.value("cursor"))
        filter.isReviewed = arguments.value("reviewed").map { $0 == "yes" }
        filter.limit = try arguments.number("limit", in: 1...500) ?? filter.limit
        filter.waitForIndex = try arguments.number("wait-for", in: 0...Int.max).map { UInt64($0) }
        let page = try await invocation.access().predictions(filter)
        let console = invocation.console
        try console.show(page) { PredictionText.table(page.predictions, console) }
        if let missing = page.missing {
            console.note(
                "note: \(missing) acknowledged entries are missing here (BEHIND); predictions may be among them.")
        }
        if let lag = page.lag, lag.entries > 0 { console.note("note: as a standby has it, \(lag.description).") }
        if let next = page.next, !console.isJSON { console.note("more: --cursor \(next)") }
        return .done
    }
}

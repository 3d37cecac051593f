import Service

/// `projections list`: how the lists follow the log.
enum ProjectionsList: Command {
    static let definition = CommandDefinition(
        words: ["projections", "list"], section: .operations, summary: "Say how far the lists follow the log",
        discussion: """
            The lists of predictions and of what happened are folds of the log. One that cannot take an event stands \
            there, and no other list does. What a list passes over is said with the reason.
            """,
        examples: ["cxrledger projections list", "cxrledger projections list --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        try show(try await invocation.access().lists(), invocation.console)
        return .done
    }

    static func show(_ standings: ListStandings, _ console: Console) throws {
        try console.show(standings) {
            let rows = standings.lists.map { list -> [TextTable.Cell] in
                let skipped = list.skipped.map { "\($0.index) (\($0.reason))" }.joined(separator: ", ")
                return [
                    .init(list.name), "\(list.version)", "\(list.position)",
                    .init(list.stopped.map { "stands: \($0.detail)" } ?? "follows", list.stopped == nil ? .good : .bad),
                    .init(skipped),
                ]
            }
            return TextTable(["LIST", .init(number: "VERSION"), .init(number: "EVENTS"), "STATE", "PASSES OVER"], rows)
                .text(console)
        }
    }
}

import Service

/// `projections skip`: a list goes on without the event at which it stands.
enum ProjectionsSkip: Command {
    static let definition = CommandDefinition(
        words: ["projections", "skip"], section: .operations,
        summary: "Let a list pass over the event at which it stands",
        discussion: """
            A signed event says so: the list goes on from the next event, on every instance and whenever it is rebuilt. The \
            event itself stays in the log and is shown, proved and exported as before; only the list lacks what it would \
            have changed. Run `verify` first: what is damaged is better brought back.
            """,
        operands: [.init(name: "LIST"), .init(name: "INDEX")],
        flags: [Flag("reason", "TEXT", "why; kept in the log", isRequired: true)],
        examples: ["cxrledger projections skip predictions 184467 --reason 'INC-2291: written by a faulty build'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (list, place) = (invocation.arguments.operands[0], invocation.arguments.operands[1])
        guard let index = UInt64(place) else {
            throw Failure.usage("Name the event by its index, a number.", help: definition.words)
        }
        let standings = try await invocation.access().skip(
            index, of: list, reason: invocation.arguments.value("reason") ?? "")
        try ProjectionsList.show(standings, invocation.console)
        return .done
    }
}

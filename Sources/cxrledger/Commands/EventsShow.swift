import Service

/// `events show`: one event as it was signed, with its proof.
enum EventsShow: Command {
    static let definition = CommandDefinition(
        words: ["events", "show"], section: .evidence, summary: "Show one event as it was signed, with its proof",
        discussion: """
            Names the event by its index or its id. The proof is a C2SP tlog-proof: with the stored entry, the keys and \
            the checkpoint it can be checked on another computer. Personal fields are sealed and stay so.
            """,
        operands: [.init(name: "EVENT")], examples: ["cxrledger events show 0", "cxrledger events show 42 --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let event = try await invocation.access().event(invocation.arguments.operands[0])
        let console = invocation.console
        try console.show(event) {
            let head = TextTable.fields(
                [
                    ("index", "\(event.index)"), ("entry hash", .init(event.entryHash)),
                    ("signature", verdict(event.proof.verified.signature)),
                    ("inclusion", verdict(event.proof.verified.inclusion)),
                    ("checkpoint", verdict(event.proof.verified.checkpoint)),
                ], console)
            // The envelope is JSON already; escapes keep it harmless on a terminal.
            return head + "\n" + ((try? JSONDocument.text(of: event.envelope)) ?? "")
        }
        return .done
    }

    private static func verdict(_ holds: Bool) -> TextTable.Cell {
        holds ? .init("verified", .good) : .init("DOES NOT HOLD", .bad)
    }
}

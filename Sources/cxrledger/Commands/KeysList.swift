import Service

/// `keys list`: which keys signed the log, and which do.
enum KeysList: Command {
    static let definition = CommandDefinition(
        words: ["keys", "list"], section: .operations, summary: "List the keys that sign the log, with their lives",
        discussion: """
            An event key signs entries, a checkpoint key the roots of trees. Each counts from one index to another, as the \
            events of stream `keys` say under the pinned root. What only a compromised key vouches for is flagged; it \
            stays readable and verifies.
            """,
        examples: ["cxrledger keys list", "cxrledger keys list --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        try show(try await invocation.access().keys(), invocation.console)
        return .done
    }

    static func show(_ list: KeyList, _ console: Console) throws {
        try console.show(list) {
            let rows = list.keys.map { key -> [TextTable.Cell] in
                let style: Console.Style = key.state == "current" ? .good : .faint
                let span = key.countsFrom.map { from in
                    "\(from)…" + (key.countsTo.map { "\($0 == 0 ? 0 : $0 - 1)" } ?? "")
                }
                let flag = key.flagged.map { "\($0.from)…\($0.to - 1)" }
                return [
                    .init(key.purpose), .init(String(key.id.prefix(16))), .init(key.state, style),
                    .init(span ?? ""), .init(flag ?? (key.compromisedFrom == nil ? "" : "none"), .bad),
                    .init(key.kept ?? "not here", .faint),
                ]
            }
            return TextTable(["PURPOSE", "KEY", "STATE", "COUNTS AT", "FLAGGED", "PRIVATE KEY"], rows).text(console)
                + "\n\nroot key \(list.rootKey), \(list.size) entries of \(list.origin)"
        }
    }
}

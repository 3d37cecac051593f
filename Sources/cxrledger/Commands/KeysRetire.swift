import Service

/// `keys retire`: the end of a key that does not sign any longer.
enum KeysRetire: Command {
    static let definition = CommandDefinition(
        words: ["keys", "retire"], section: .operations, summary: "End a key that does not sign any longer",
        discussion: """
            A key that was replaced is retired by `keys rotate` itself; this is for one that was certified and never used. \
            It never counts again. The current key cannot be retired: replace it.
            """,
        operands: [.init(name: "KEY")], flags: [Flag("reason", "TEXT", "why; kept in the log")],
        examples: ["cxrledger keys retire 5f2a90c1d3e47b86 --reason 'lost before its use'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, access) = (invocation.arguments, try await invocation.access())
        let list = try await access.retireKey(arguments.operands[0], reason: arguments.value("reason") ?? "")
        try KeysList.show(list, invocation.console)
        return .done
    }
}

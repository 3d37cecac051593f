import Service

/// `log vkey`: print the key that verifies checkpoints.
enum LogVkey: Command {
    static let definition = CommandDefinition(
        words: ["log", "vkey"], section: .evidence, summary: "Print the key that verifies checkpoints",
        discussion: """
            A verifier key as C2SP spells it, which the log's root certified. Get it once, over a way that you trust.
            """,
        examples: ["cxrledger log vkey"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let key = try await invocation.access().verifierKey()
        try invocation.console.show(["vkey": key]) { key }
        return .done
    }
}

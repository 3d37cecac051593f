/// `models retire`: a model that must not answer again.
enum ModelsRetire: Command {
    static let definition = CommandDefinition(
        words: ["models", "retire"], section: .models, summary: "End a model's right to be activated",
        discussion: """
            The active model cannot be retired; activate another one first. Predictions that a retired model made can \
            still be reproduced.
            """,
        operands: [.init(name: "MODEL")], flags: [Flag("reason", "TEXT", "why")],
        examples: ["cxrledger models retire 1f2e3d4c --reason 'Superseded'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        try await ModelChange.run(invocation) { .retire(model: $0, reason: $1) }
    }
}

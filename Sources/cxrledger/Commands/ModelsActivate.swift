import Service

/// `models activate`: the model that answers from now on.
enum ModelsActivate: Command {
    static let definition = CommandDefinition(
        words: ["models", "activate"], section: .models, summary: "Let a registered model answer",
        discussion: """
            Loads and tries the model, then records the activation. From the acknowledgement on no prediction is made by \
            another one, by any process on this log; requests that were under way are judged again by the new model.
            """,
        operands: [.init(name: "MODEL")], flags: [Flag("reason", "TEXT", "why")],
        examples: ["cxrledger models activate 1f2e3d4c --reason 'Validated on site'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        try await ModelChange.run(invocation) { .activate(model: $0, reason: $1) }
    }
}

extension ModelChange {
    /// Changes the model that the first operand names, and shows it as it is then.
    static func run(
        _ invocation: Invocation, _ change: (_ model: String, _ reason: String) -> ModelChange
    ) async throws -> ExitStatus {
        let change = change(invocation.arguments.operands[0], invocation.arguments.value("reason") ?? "")
        let model = try await invocation.access().change(change)
        try invocation.console.show(model) { ModelText.fields(model, invocation.console) }
        return .done
    }
}

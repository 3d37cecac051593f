/// `models rollback`: back to the model before.
enum ModelsRollback: Command {
    static let definition = CommandDefinition(
        words: ["models", "rollback"], section: .models, summary: "Go back to the model that answered before",
        discussion: "The model that was active before the present one answers again, from the acknowledgement on.",
        flags: [Flag("reason", "TEXT", "why")], examples: ["cxrledger models rollback --reason 'Too many overrides'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let access = try await invocation.access()
        let model = try await access.change(.rollBack(reason: invocation.arguments.value("reason") ?? ""))
        try invocation.console.show(model) { ModelText.fields(model, invocation.console) }
        return .done
    }
}

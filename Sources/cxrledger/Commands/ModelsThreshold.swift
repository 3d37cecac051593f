/// `models threshold`: where PNEUMONIA begins.
enum ModelsThreshold: Command {
    static let definition = CommandDefinition(
        words: ["models", "threshold"], section: .models, summary: "Change a model's decision threshold",
        discussion: """
            A probability strictly above the threshold is labelled PNEUMONIA. The threshold that held is part of every \
            recorded prediction.
            """,
        operands: [.init(name: "MODEL"), .init(name: "VALUE")], flags: [Flag("reason", "TEXT", "why")],
        examples: ["cxrledger models threshold pneumonia_cnn 0.6 --reason 'Fewer false alarms'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let value = invocation.arguments.operands[1]
        return try await ModelChange.run(invocation) { .threshold(model: $0, value: value, reason: $1) }
    }
}

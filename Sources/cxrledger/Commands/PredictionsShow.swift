/// `predictions show`: one prediction with everything about it.
enum PredictionsShow: Command {
    static let definition = CommandDefinition(
        words: ["predictions", "show"], section: .predictions,
        summary: "Show one prediction, its reviews and its history",
        discussion: """
            Shows the patient and the reasons of reviews to those who may see them. Looking is recorded as an event.
            """,
        operands: [.init(name: "ID")],
        examples: ["cxrledger predictions show 0199b1c2-7d3e-7a10-9c55-0123456789ab"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let view = try await invocation.access().prediction(invocation.arguments.operands[0])
        try invocation.console.show(view) { PredictionText.detail(view, invocation.console) }
        return .done
    }
}

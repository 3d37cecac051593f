import Service

/// `models show`: one model with its layers and digests.
enum ModelsShow: Command {
    static let definition = CommandDefinition(
        words: ["models", "show"], section: .models, summary: "Show one model: digests, card and layers",
        discussion: """
            Names the model by its name, its version, its digest, or the first 6 or more digits of it; without a name the \
            active one. SHA-256 and MD5 are those of the file, as `sha256sum` and `md5sum` give them.
            """,
        operands: [.init(name: "MODEL", isOptional: true)],
        examples: ["cxrledger models show", "cxrledger models show pneumonia_cnn --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (access, console) = (try await invocation.access(), invocation.console)
        var key = invocation.arguments.operands.first
        if key == nil { key = try await access.models().active }
        guard let key else {
            throw Failure("no-active-model", "No model is active; name one, or register and activate one.")
        }
        let detail = try await access.model(key)
        try console.show(detail) { text(detail, console) }
        return .done
    }

    private static func text(_ detail: ModelDetail, _ console: Console) -> String {
        let rows = detail.layers.map { layer -> [TextTable.Cell] in
            let shape = layer.outputShape.map(String.init).joined(separator: " × ")
            return [.init(layer.name), .init(layer.kind), .init(shape), "\(layer.parameters)"]
        }
        let limits = detail.model.limits
        return ModelText.fields(detail.model, console) + "\n\n"
            + TextTable(["LAYER", "KIND", "OUTPUT", .init(number: "PARAMETERS")], rows).text(console)
            + (limits.isEmpty ? "" : "\n\n" + PredictionText.limits(limits))
    }
}

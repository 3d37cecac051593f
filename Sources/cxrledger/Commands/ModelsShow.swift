import Service

/// `models show`: one model with its layers and digests.
enum ModelsShow: Command {
    static let definition = CommandDefinition(
        words: ["models", "show"], section: .models, summary: "Show one model: digests, card and layers",
        discussion: """
            Names the model by its name, its digest, or the first 6 or more digits of it; without a name the active one. \
            SHA-256 and MD5 are those of the file, as `sha256sum` and `md5sum` give them. Over --server the layers are \
            left out.
            """,
        operands: [.init(name: "MODEL", isOptional: true)],
        examples: ["cxrledger models show", "cxrledger models show pneumonia_cnn --json"])

    private struct Report: Encodable {
        let model: ModelView
        let layers: [LayerView]?
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        let access = try await invocation.access()
        let list = try await access.models()
        let model = try list.model(invocation.arguments.operands.first)
        let report = Report(model: model, layers: try await access.layers(of: model.digest))
        try console.show(report) { text(report, console) }
        return .done
    }

    private static func text(_ report: Report, _ console: Console) -> String {
        var text = ModelText.fields(report.model, console)
        if let layers = report.layers {
            let rows = layers.map { layer -> [TextTable.Cell] in
                let shape = layer.outputShape.map(String.init).joined(separator: " × ")
                return [.init(layer.name), .init(layer.kind), .init(shape), "\(layer.parameters)"]
            }
            text += "\n\n" + TextTable(["LAYER", "KIND", "OUTPUT", .init(number: "PARAMETERS")], rows).text(console)
        }
        return text + (report.model.limits.isEmpty ? "" : "\n\n" + PredictionText.limits(report.model.limits))
    }
}

extension ModelList {
    /// The model that somebody named: by name, by digest or the beginning of it; the active one without a name.
    ///
    /// - Throws: `model-unknown`, or `model-ambiguous` when several have that name.
    func model(_ key: String?) throws(Failure) -> ModelView {
        guard let key else {
            if let model = models.first(where: { $0.digest == active }) { return model }
            throw Failure("no-active-model", "No model is active; name one, or register and activate one.")
        }
        let found = models.filter { $0.digest == key || (key.count >= 6 && $0.digest.hasPrefix(key)) || $0.name == key }
        guard let model = found.last else {
            throw Failure("model-unknown", "There is no such model; `cxrledger models list` shows them.")
        }
        guard found.count == 1 else {
            throw Failure("model-ambiguous", "\(found.count) models are called that; name one by its digest.")
        }
        return model
    }
}

import Service

/// `models register`: a model file into the registry.
enum ModelsRegister: Command {
    static let definition = CommandDefinition(
        words: ["models", "register"], section: .models, summary: "Register a .keras model file with its card",
        discussion: """
            Reads the model, keeps it under its digest and records what it is. The card is a JSON file with name, version, \
            classes, threshold and limits; without --card the file beside the model with the ending .json is taken when \
            there is one. A registered model answers only after `models activate`.
            """,
        operands: [.init(name: "FILE")],
        flags: [
            Flag("card", "FILE", "the model's card"), Flag("activate", nil, "activate it as well"),
            Flag("reason", "TEXT", "why it is activated"),
        ],
        examples: ["cxrledger models register pneumonia_cnn_v2.keras --card pneumonia_cnn_v2.json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, file) = (invocation.arguments, invocation.arguments.operands[0])
        let archive = try InputFile.read(file, limit: 1 << 30)
        let beside = (file.hasSuffix(".keras") ? String(file.dropLast(6)) : file) + ".json"
        let cardFile = arguments.value("card") ?? (InputFile.exists(beside) ? beside : nil)
        let card = try cardFile.map { path throws(Failure) in try InputFile.read(path, limit: 1 << 20) }
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let access = try await invocation.access(creating: true)
        var model = try await access.register(ModelUpload(name: name, archive: archive, card: card))
        if arguments.has("activate") {
            let reason = arguments.value("reason") ?? "registered"
            model = try await access.change(.activate(model: model.digest, reason: reason))
        }
        try invocation.console.show(model) { ModelText.fields(model, invocation.console) }
        return .done
    }
}

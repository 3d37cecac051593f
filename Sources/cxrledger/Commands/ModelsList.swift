import Service

/// `models list`: the registered models.
enum ModelsList: Command {
    static let definition = CommandDefinition(
        words: ["models", "list"], section: .models, summary: "List the registered models",
        discussion: "The log decides which model is active; the list is in the order of registration.",
        examples: ["cxrledger models list"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (list, console) = (try await invocation.access().models(), invocation.console)
        try console.show(list) {
            let rows = list.models.map { model -> [TextTable.Cell] in
                [
                    .init(model.name), .init(model.version),
                    .init(model.state, model.state == "active" ? .good : model.state == "retired" ? .faint : .plain),
                    "\(model.threshold)", "\(model.bytes)", .init(String(model.digest.prefix(16))), .init(model.md5),
                ]
            }
            return TextTable(
                ["NAME", "VERSION", "STATE", .init(number: "THRESHOLD"), .init(number: "BYTES"), "SHA-256", "MD5"], rows
            ).text(console)
        }
        return .done
    }
}

import Service

/// `models verify`: the kept files against what was registered.
enum ModelsVerify: Command {
    static let definition = CommandDefinition(
        words: ["models", "verify"], section: .models, summary: "Check the kept model files against their digests",
        discussion:
            "A file that is missing or is not the registered one is reported, and recorded as a security event.",
        examples: ["cxrledger models verify"], exits: "0 all files are right, 1 findings")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        let report = try await invocation.access().verifyModels()
        try console.show(report) {
            let rows = report.models.map { line -> [TextTable.Cell] in
                [
                    .init("\(line.name) \(line.version)"), line.ok ? .init("ok", .good) : .init("FAILED", .bad),
                    .init(line.digest), .init(line.md5), .init(line.problem ?? ""),
                ]
            }
            return TextTable(["MODEL", "FILE", "SHA-256", "MD5", "PROBLEM"], rows).text(console)
        }
        return report.ok ? .done : .failed
    }
}

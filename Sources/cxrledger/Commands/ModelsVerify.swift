import Service

/// `models verify`: the kept files against what was registered.
enum ModelsVerify: Command {
    static let definition = CommandDefinition(
        words: ["models", "verify"], section: .models, summary: "Check the kept model files against their digests",
        discussion:
            "A file that is missing or is not the registered one is reported, and recorded as a security event.",
        examples: ["cxrledger models verify"], reach: .store, exits: "0 all files are right, 1 findings")

    private struct Line: Encodable {
        let name: String
        let version: String
        let digest: String
        let md5: String
        let ok: Bool
        let problem: String?
    }

    private struct Report: Encodable {
        let ok: Bool
        let models: [Line]
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        let access = try await invocation.local()
        let lines = try await access.application.verifyModels(access.context).map { model, problem in
            Line(
                name: model.name, version: model.version, digest: model.digest, md5: model.md5, ok: problem == nil,
                problem: problem)
        }
        let report = Report(ok: lines.allSatisfy(\.ok), models: lines)
        try console.show(report) {
            let rows = lines.map { line -> [TextTable.Cell] in
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

import Service

/// `version`: which program this is.
enum Version: Command {
    static let definition = CommandDefinition(
        words: ["version"], section: .other, summary: "Show the version", discussion: "Shows version and build.",
        examples: ["cxrledger version --json"], reach: .nothing)

    private struct Report: Encodable {
        let version: String
        let build: String
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        try invocation.console.show(Report(version: Application.version, build: Application.build)) {
            "cxrledger \(Application.version) (\(Application.build))"
        }
        return .done
    }
}

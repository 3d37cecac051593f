import Service

/// `config`: the settings as they hold.
enum Config: Command {
    static let definition = CommandDefinition(
        words: ["config"], section: .other, summary: "Show the effective settings and where each came from",
        discussion: """
            Settings come from flags, then the environment, then `.env` in the working directory, then the defaults. \
            Passwords are masked. `config check` judges the values.
            """,
        examples: ["cxrledger config", "API_PORT=8080 cxrledger config --json"], reach: .nothing)

    private struct Line: Encodable {
        let name: String
        let value: String
        let source: String
        let meaning: String
    }

    private struct Report: Encodable {
        let settings: [Line]
        let unknown: [String]
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let settings = try invocation.settings()
        let meanings = Dictionary(SettingDefinition.all.map { ($0.name, $0.meaning) }) { $1 }
        let lines = settings.effective.map { name, value in
            Line(name: name, value: value, source: invocation.source(of: name), meaning: meanings[name] ?? "")
        }
        try invocation.console.show(Report(settings: lines, unknown: settings.unknownNames)) {
            let rows = lines.map { line -> [TextTable.Cell] in
                [.init(line.name), .init(line.value), .init(line.source), .init(line.meaning, .faint)]
            }
            return TextTable(["SETTING", "VALUE", "FROM", "MEANING"], rows).text(invocation.console)
        }
        for name in settings.unknownNames { invocation.console.note("note: \(Printable.text(name)) is no setting") }
        return .done
    }
}

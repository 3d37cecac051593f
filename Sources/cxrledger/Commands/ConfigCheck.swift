import Service

/// `config check`: whether the settings can be used.
enum ConfigCheck: Command {
    static let definition = CommandDefinition(
        words: ["config", "check"], section: .other, summary: "Judge the settings without starting anything",
        discussion: "Every wrong value is named with what is wrong and an example. Nothing is created or changed.",
        examples: ["cxrledger config check"], reach: .nothing, exits: "0 usable, 1 problems")

    private struct Problem: Encodable {
        let name: String
        let reason: String
        let example: String
    }

    private struct Report: Encodable {
        let ok: Bool
        let problems: [Problem]
        let notes: [String]
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        var found: [SettingsError.Problem] = []
        var notes: [String] = []
        do {
            let settings = try invocation.settings()
            found = await SettingJudgement.problems(of: settings)
            notes = advise(settings)
        } catch let error as SettingsError { found = error.problems }
        let problems = found.map { Problem(name: $0.name, reason: $0.reason, example: $0.example) }
        let report = Report(ok: problems.isEmpty, problems: problems, notes: notes)
        try invocation.console.show(report) { text(report, invocation.console) }
        return report.ok ? .done : .failed
    }

    private static func advise(_ settings: Settings) -> [String] {
        var notes = settings.unknownNames.map { "\($0) is no setting; it changes nothing." }
        if settings.lock.hasPrefix(settings.home + "/") {
            notes.append(
                "CXRLEDGER_LOCK lies in CXRLEDGER_HOME: in production put it on another volume than the database.")
        }
        return notes
    }

    private static func text(_ report: Report, _ console: Console) -> String {
        let problems = report.problems.map { problem in
            let reason = Printable.text("\(problem.name): \(problem.reason)")
            return console.paint("problem", .bad) + " \(reason). Example: \(problem.name)=\(problem.example)"
        }
        let notes = report.notes.map { "note: " + Printable.text($0) }
        let verdict =
            report.ok
            ? console.paint("The settings can be used.", .good)
            : "The settings cannot be used; problems: \(problems.count)."
        return (problems + notes + [verdict]).joined(separator: "\n")
    }
}

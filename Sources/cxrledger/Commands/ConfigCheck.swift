import Glibc
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
        let example: String?
    }

    private struct Report: Encodable {
        let ok: Bool
        let problems: [Problem]
        let notes: [String]
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        var problems: [Problem] = []
        var notes: [String] = []
        do {
            let settings = try invocation.settings()
            problems = judge(settings)
            notes = advise(settings)
        } catch let error as SettingsError {
            problems = error.problems.map { Problem(name: $0.name, reason: $0.reason, example: $0.example) }
        }
        let report = Report(ok: problems.isEmpty, problems: problems, notes: notes)
        try invocation.console.show(report) { text(report, invocation.console) }
        return report.ok ? .done : .failed
    }

    private static func judge(_ settings: Settings) -> [Problem] {
        var problems: [Problem] = []
        func add(_ name: String, _ reason: String, _ example: String?) {
            problems.append(Problem(name: name, reason: reason, example: example))
        }
        if settings.sqlitePath == nil {
            add("DATABASE_URL", "it names PostgreSQL, but this version serves SQLite", "sqlite:///cxrledger.db")
        }
        let isUsed = Home(settings.home).isInitialised
        if !isUsed, !InputFile.exists(settings.modelPath) {
            add("MODEL_PATH", "\(settings.modelPath) is not there, and there is no log that knows another model", nil)
        }
        let written = [
            ("CXRLEDGER_HOME", settings.home), ("CXRLEDGER_LOCK", settings.lock), ("LOG_FILE", settings.logFile),
        ]
        for (name, path) in written {
            guard let folder = nearestFolder(of: path) else { continue }
            if unsafe access(folder, W_OK | X_OK) != 0 { add(name, "\(folder) cannot be written to", nil) }
        }
        return problems
    }

    /// The folder that exists and that a path would be created in.
    private static func nearestFolder(of path: String) -> String? {
        var folder = path
        while !folder.isEmpty {
            if InputFile.isFolder(folder) { return folder }
            guard let slash = folder.lastIndex(of: "/") else { return "." }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return nil
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
            let example = problem.example.map { ". Example: \(problem.name)=\($0)" } ?? ""
            return console.paint("problem", .bad) + " \(problem.name): \(Printable.text(problem.reason))\(example)"
        }
        let notes = report.notes.map { "note: " + Printable.text($0) }
        let verdict =
            report.ok
            ? console.paint("The settings can be used.", .good)
            : "The settings cannot be used; problems: \(problems.count)."
        return (problems + notes + [verdict]).joined(separator: "\n")
    }
}

import Service

/// `verify`: everything that is stored, checked from its bytes, trusting only the pinned root key.
enum Verify: Command {
    static let definition = CommandDefinition(
        words: ["verify"], section: .evidence, summary: "Check every entry, signature, hash, file and the checkpoint",
        discussion: """
            Reads the whole store from its bytes and trusts nothing of it but the pinned root key in CXRLEDGER_HOME. Each \
            check is named with the standard it follows. A finding names the first index, or the file, that shows it. \
            Works while a service runs on the same store.
            """,
        examples: ["cxrledger verify", "cxrledger verify --json > report.json"],
        reach: .store, exits: "0 everything holds, 1 findings")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (settings, console) = (try invocation.settingsOfExistingStore(), invocation.console)
        let bar = ProgressBar("verifying", console)
        defer { bar.finish() }
        let backend = try Invocation.backend(settings, isReadOnly: true)
        let report = try await StoreVerification.run(settings: settings, backend: backend) { bar.show($0, of: $1) }
        bar.finish()
        try console.show(report) { text(report, console) }
        return report.ok ? .done : .failed
    }

    static func text(_ report: VerificationReport, _ console: Console) -> String {
        let rows = report.checks.map { check -> [TextTable.Cell] in
            let style: Console.Style = check.verdict == "passed" ? .good : check.verdict == "failed" ? .bad : .faint
            return [.init(check.name), .init(check.verdict, style), .init(check.detail), .init(check.standard, .faint)]
        }
        var text = TextTable(["CHECK", "VERDICT", "WHAT", "STANDARD"], rows).text(console) + "\n\n"
        for finding in report.findings {
            let place = [finding.index.map { "index \($0)" }, finding.file.map { "file \($0)" }].compactMap(\.self)
            let head = "[\(finding.code)]" + (place.isEmpty ? "" : " \(place.joined(separator: ", "))")
            text += console.paint(Printable.text("finding \(head): \(finding.sentence)"), .bad) + "\n"
        }
        let verdict = report.ok ? "verified" : "NOT VERIFIED, findings: \(report.findings.count);"
        text += console.paint(verdict, report.ok ? .good : .bad)
        return text + Printable.text(" \(report.size) entries of \(report.origin), root \(report.root)")
    }
}

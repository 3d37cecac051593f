import Service

/// `verify`: everything that is stored, checked from its bytes, trusting only the pinned root key.
enum Verify: Command {
    static let definition = CommandDefinition(
        words: ["verify"], section: .evidence, summary: "Check every entry, signature, hash, file and the checkpoint",
        discussion: """
            Reads the whole store from its bytes and trusts nothing of it but the pinned root key in CXRLEDGER_HOME. Each \
            check is named with the standard it follows. A finding names the first index, or the file, that shows it. \
            Works while a service runs on the same store. What only a compromised key vouches for is flagged: it holds, \
            and is counted as verified.

            A long log is verified aspect by aspect: --tree takes seconds for a million entries, --signatures minutes, \
            --sample says how sure it is. With --resume a verification that was interrupted goes on where it was, and \
            the next one looks at new entries only.
            """,
        flags: [
            Flag("tree", nil, "only the tree, the order in each stream, time and the lock"),
            Flag("signatures", nil, "only the signature of every entry"),
            Flag("sample", "N", "only N entries chosen at random, each from all sides"),
            Flag("resume", "FILE", "go on where FILE says, and note there how far it came (--tree, --signatures)"),
        ],
        examples: [
            "cxrledger verify", "cxrledger verify --json > report.json",
            "cxrledger verify --tree --resume tree.verified",
            "cxrledger verify --sample 1000",
        ],
        reach: .store, exits: "0 everything holds, 1 findings")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (settings, console) = (try invocation.settingsOfExistingStore(), invocation.console)
        let bar = ProgressBar("verifying", console)
        defer { bar.finish() }
        let backend = Invocation.backend(settings, isReadOnly: true)
        let report = try await StoreVerification.run(
            try mode(invocation.arguments), settings: settings, backend: backend,
            resume: invocation.arguments.value("resume")
        ) { bar.show($0, of: $1) }
        bar.finish()
        try console.show(report) { text(report, console) }
        return report.ok ? .done : .failed
    }

    private static func mode(_ arguments: Arguments) throws(Failure) -> VerificationMode {
        let sample = try arguments.number("sample", in: 1...1_000_000)
        let modes = [
            arguments.has("tree") ? VerificationMode.tree : nil, arguments.has("signatures") ? .signatures : nil,
            sample.map { .sample($0) },
        ].compactMap(\.self)
        guard modes.count <= 1 else {
            throw .usage("--tree, --signatures and --sample exclude each other; without them everything is looked at.")
        }
        let mode = modes.first ?? .full
        guard !arguments.has("resume") || mode == .tree || mode == .signatures else {
            throw .usage("--resume is for --tree and --signatures.")
        }
        return mode
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
        for flag in report.flags {
            text +=
                console.paint(Printable.text("flagged [compromised] key \(flag.key): \(flag.sentence)"), .bad) + "\n"
        }
        let flagged = report.flags.isEmpty ? "" : ", with flags:"
        let verdict = report.ok ? "verified\(flagged)" : "NOT VERIFIED, findings: \(report.findings.count);"
        text += console.paint(verdict, report.ok ? .good : .bad)
        // Of a sample the entries are a count that the checks give, not this one.
        let what = report.mode == "sample" ? "what was looked at of " : ""
        return text + Printable.text(" \(what)\(report.size) entries of \(report.origin), root \(report.root)")
    }
}

import Service
import Storage

/// `log recover`: what a database lacks under its lock, brought back.
enum LogRecover: Command {
    static let definition = CommandDefinition(
        words: ["log", "recover"], section: .operations, summary: "Bring back the entries of a log that is BEHIND",
        discussion: """
            A database that holds fewer entries than the checkpoint lock knows is BEHIND: read-only, because new entries \
            would take places that were promised. This reads the missing ones from published tiles (TLOG_DIR) or from a \
            backup, checks all of them and that they make the very tree that was promised, and only then writes them. \
            Pictures, models and secrets that they need are taken from the backup too.

            It may be interrupted and run again, and a service may run meanwhile; it goes on by itself afterwards. When no \
            place holds the missing entries, nothing is changed; `cxrledger log new-origin` is then the way on.
            """,
        flags: [
            Flag(
                "from", "PLACE",
                "a folder, an http(s) address or TLOG_S3 with tiles, or the folder of a backup; TLOG_DIR when not given"
            )
        ],
        examples: [
            "cxrledger log recover", "cxrledger log recover --from /mnt/backups/cxrledger-20261123-500-ab12",
        ],
        reach: .store, exits: "0 nothing is missing any longer, 1 refused: nothing was changed")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (settings, console) = (try invocation.settingsOfExistingStore(), invocation.console)
        let from = invocation.arguments.value("from") ?? settings.tlogFolder
        let (source, backup) = try RecoverySource.open(from, settings: settings, key: try invocation.key())
        let bar = ProgressBar("checking", console)
        let writing = ProgressBar("recovering", console)
        defer {
            bar.finish()
            writing.finish()
        }
        let report = try await LogRecovery.run(
            from: source, backup: backup, settings: settings, backend: Invocation.backend(settings),
            LocalAccess.context()
        ) { isWriting, done, all in (isWriting ? writing : bar).show(done, of: all) }
        writing.finish()
        try console.show(report) {
            TextTable.fields(
                [
                    ("recovered", .init("\(report.from) to \(report.to - 1)", .good)),
                    ("origin", .init(report.origin)), ("events", "\(report.to)"), ("root", .init(report.root)),
                    ("source", .init(report.source)),
                ], console) + "\n\n" + report.sentences.map { Printable.text($0) }.joined(separator: "\n")
        }
        return .done
    }
}

import Service

/// `backup`: a copy to restore from, taken while the service goes on.
enum Backup: Command {
    static let definition = CommandDefinition(
        words: ["backup"], section: .operations, summary: "Take a backup, also from a running service",
        discussion: """
            Writes the log as immutable tiles with the sealed pictures and models into a new folder, and keys and wrapped \
            secrets into a second one beside it, to be kept apart. The checkpoint lock is never part of a backup.
            """,
        flags: [Flag("out", "DIR", "where the new folders go; CXRLEDGER_BACKUPS when not given")],
        examples: ["cxrledger backup --out /mnt/backups", "cxrledger backup --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let backup = try await invocation.access().backup(to: invocation.arguments.value("out"))
        let console = invocation.console
        try console.show(backup) {
            TextTable.fields(
                [
                    ("backup", .init(backup.path, .good)), ("secrets", .init(backup.secrets)),
                    ("events", "\(backup.size)"), ("root", .init(backup.root)), ("pictures", "\(backup.images)"),
                    ("bytes", "\(backup.bytes)"),
                ], console)
        }
        console.note(
            "Keep the secrets apart from the backup; the checkpoint lock is in neither and must survive by itself.")
        return .done
    }
}

import Glibc
import Service
import Storage

/// `log new-origin`: the ceremony for a log whose last entries are lost.
enum LogNewOrigin: Command {
    static let definition = CommandDefinition(
        words: ["log", "new-origin"], section: .operations,
        summary: "Begin a new log for one whose last entries are lost",
        discussion: """
            The last resort of a log that is BEHIND, when `cxrledger log recover` finds the missing entries nowhere, or \
            FORKED. Makes a new home with a new origin under the same pinned root; its first entry names the old log's last \
            checkpoint. Models, API keys and the secrets of patients are carried over as the old log still knows them. The \
            old home is frozen: it is read and verified, and never added to again. That cannot be taken back.

            The root key is needed; --root names its file when it is kept elsewhere. What will happen is said first, and \
            must be confirmed at the terminal, or with --yes.
            """,
        flags: [
            Flag("into", "DIR", "the new home, or a sqlite:// address; must be empty", isRequired: true),
            Flag("reason", "TEXT", "why, for the new log's first entry", isRequired: true),
            Flag("root", "FILE", "the root's private key; keys/root.key of the old home when not given"),
            Flag("yes", nil, "do it without asking"),
        ],
        examples: [
            "cxrledger log new-origin --into /var/lib/cxrledger-2 --reason incident-4711"
        ],
        reach: .store, exits: "0 the new log is there, 1 refused or not confirmed: nothing was changed")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let help = ["log", "new-origin"]
        guard let into = arguments.value("into"), !into.isEmpty else {
            throw Failure.usage("Say where the new log goes: --into DIR.", help: help)
        }
        guard let reason = arguments.value("reason"), !reason.isEmpty else {
            throw Failure.usage("Say why, for the record: --reason TEXT.", help: help)
        }
        let old = try invocation.settingsOfExistingStore()
        let new = try RestoreStore.settings(into, invocation, naming: nil)
        let bar = ProgressBar("checking", console)
        defer { bar.finish() }
        let report = try await LogSuccession.run(
            reason: reason, rootKey: arguments.value("root"), old: (old, Invocation.backend(old)),
            new: (new, Invocation.backend(new)), LocalAccess.context()
        ) {
            bar.show($0, of: $1)
        } confirm: { prospect in
            bar.finish()
            return try isConfirmed(prospect, reason, new, isAsked: !arguments.has("yes"), console)
        }
        guard let report else { throw Failure("not-confirmed", "Not confirmed: nothing was changed.") }
        try console.show(report) {
            TextTable.fields(
                [
                    ("new log", .init(report.origin, .good)), ("home", .init(report.home)),
                    ("entries", "\(report.size)"), ("goes on for", .init(report.predecessor.origin)),
                ], console) + "\n\n" + report.sentences.map { Printable.text($0) }.joined(separator: "\n")
        }
        return .done
    }

    /// Says what will happen, and waits for the word.
    private static func isConfirmed(
        _ prospect: LogSuccession.Prospect, _ reason: String, _ new: Settings, isAsked: Bool, _ console: Console
    ) throws -> Bool {
        let lost = prospect.acknowledged - min(prospect.kept, prospect.acknowledged)
        console.warn(
            """
            The log \(prospect.origin) ends here.
              acknowledged entries  \(prospect.acknowledged)
              still there           \(prospect.kept), the last of \(prospect.lastRecordedAt)
              lost for good         \(lost)
              reason                \(reason)
            A new log begins in \(new.home), with \(prospect.models) models and \(prospect.credentials) API keys of the old one.
            The old home is frozen. This cannot be taken back.
            """)
        guard isAsked else { return true }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure.usage("Nobody is there to confirm: say --yes.", help: ["log", "new-origin"])
        }
        console.warn("Type the words `new origin` to go on:")
        return readLine()?.split(separator: " ") == ["new", "origin"]
    }
}

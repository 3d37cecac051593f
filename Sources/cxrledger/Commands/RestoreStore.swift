import Service
import Storage

/// `restore`: a log, replayed from a backup into an empty home.
enum RestoreStore: Command {
    static let definition = CommandDefinition(
        words: ["restore"], section: .operations, summary: "Replay a backup into an empty home",
        discussion: """
            Checks every byte of the backup before anything is written, replays the entries, folds the lists again and \
            compares their digests. --into is a sqlite:// address (the home is then the file's folder, unless --home names \
            one) or simply the folder of the new home.

            What the restored log may do is decided by the checkpoint lock that survived, named with --lock or, when \
            CXRLEDGER_HOME holds no log any more, with CXRLEDGER_LOCK: at the backup's size the log goes on; beyond it the \
            log is BEHIND, read-only until the rest is replayed; without a lock the copy is read-only. A log is never forked.
            """,
        operands: [.init(name: "FROM")],
        flags: [
            Flag("into", "URL", "the database, or the folder, to restore into; must be empty", isRequired: true),
            Flag("secrets", "DIR", "keys and wrapped secrets; FROM.secrets when not given"),
            Flag("lock", "FILE", "the checkpoint lock that survived; CXRLEDGER_LOCK when not given"),
        ],
        examples: [
            "cxrledger restore backups/cxrledger-20261123-500-ab12 --into sqlite:////srv/new/cxrledger.db --lock /mnt/lock/checkpoint",
            "cxrledger restore backups/cxrledger-20261123-500-ab12 --into rehearsal",
        ],
        reach: .store)

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        guard let into = arguments.value("into") else {
            throw Failure.usage("Say where to restore into: --into URL.", help: ["restore"])
        }
        guard !into.isEmpty else { throw Failure.usage("--into names nothing: --into URL.", help: ["restore"]) }
        let settings = try settings(into, invocation, naming: arguments.value("home"))
        let lock = try survivingLock(invocation)
        let bar = ProgressBar("replaying", console)
        defer { bar.finish() }
        let report = try await Restore.run(
            from: arguments.operands[0], secrets: arguments.value("secrets"), lock: lock,
            into: settings, backend: Invocation.backend(settings)
        ) { bar.show($0, of: $1) }
        bar.finish()
        try console.show(report) {
            TextTable.fields(
                [
                    ("restored", .init(settings.home, .good)), ("origin", .init(report.origin)),
                    ("events", "\(report.size)"), ("root", .init(report.root)),
                    ("state", .init(report.state, report.state == "live" ? .good : .bad)),
                ], console) + "\n\n" + ProjectionText.table(report.projections, console) + "\n\n"
                + report.sentences.map { Printable.text($0) }.joined(separator: "\n")
        }
        console.note(
            "Use it with CXRLEDGER_HOME=\(settings.home) and DATABASE_URL=\(ServerAddress.masked(settings.databaseURL))"
        )
        return .done
    }

    /// The lock named by the flag, or the one of the settings when the log that it belongs to is gone: taking the lock of a
    /// log that still runs would end that log, for the copy would go on in its place.
    static func survivingLock(_ invocation: Invocation) throws -> String? {
        if let named = invocation.arguments.value("lock") { return named }
        let source = invocation.source(of: "CXRLEDGER_LOCK")
        guard source != "default" else { return nil }
        let lost = try invocation.settings(overriding: ["CXRLEDGER_HOME": nil, "DATABASE_URL": nil])
        let name = "\(lost.lock) (CXRLEDGER_LOCK, \(source))"
        guard InputFile.exists(lost.lock) else {
            invocation.console.note("note: \(name) is not there, so no lock survived")
            return nil
        }
        guard !Home(lost.home).isInitialised else {
            invocation.console.note("note: \(name) is the lock of the log in \(lost.home), which is there: not taken")
            return nil
        }
        invocation.console.note("note: \(name) is taken as the lock that survived")
        return lost.lock
    }

    /// The settings of the new home: never the lock of the old one, which may be the one that survived.
    ///
    /// `named` is the home that a flag names for it, beside the address of its database.
    static func settings(_ into: String, _ invocation: Invocation, naming named: String?) throws -> Settings {
        guard into.contains("://") else {
            guard named == nil else { throw Failure.usage("--into names a folder already: leave out --home.") }
            let home = into.count > 1 && into.hasSuffix("/") ? String(into.dropLast()) : into
            let database = "sqlite://\(home.hasPrefix("/") ? "/" : "./")\(home)/cxrledger.db"
            return try invocation.settings(overriding: [
                "CXRLEDGER_HOME": home, "DATABASE_URL": database, "CXRLEDGER_LOCK": "\(home)/lock/checkpoint",
            ])
        }
        var settings = try invocation.settings(overriding: ["DATABASE_URL": into, "CXRLEDGER_LOCK": nil])
        guard let path = settings.sqlitePath else { return settings }
        settings.home = named ?? DurableFile.folder(of: path)
        settings.lock = settings.home + "/lock/checkpoint"
        return settings
    }
}

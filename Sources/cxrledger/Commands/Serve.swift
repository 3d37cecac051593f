import Service
import WebAPI

/// `serve`: the HTTP interface and the page, until a signal ends it.
enum Serve: Command {
    static let definition = CommandDefinition(
        words: ["serve"], section: .operations, summary: "Serve the HTTP interface and the page",
        discussion: """
            Opens the store (creating keys, log and administrator at the first start), activates the model at MODEL_PATH \
            when the log knows none, and listens on API_HOST:API_PORT until SIGTERM or SIGINT. Then no new request is \
            taken, those that were accepted are finished, and the stop is recorded. A second signal ends the process at once.

            The first start prints a line `administrator key: cxr_…`. It is shown once; only its digest is stored.
            """,
        examples: [
            "cxrledger serve", "cxrledger serve --host 0.0.0.0 --port 8080 --home /var/lib/cxrledger",
            "API_WORKERS=8 cxrledger serve --log-level debug",
        ],
        reach: .store, exits: "0 stopped by a signal, 1 could not start or go on")

    /// How long accepted requests may take to finish.
    private static let grace = Duration.seconds(30)

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let settings = try invocation.settings()
        let console = invocation.console
        // Before anything is created, and as `config check` says it.
        let problems = await SettingJudgement.problems(of: settings, isPatient: true)
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        let journal = try ApplicationLog(path: settings.logFile, level: settings.logLevel)
        let signals = StopSignals()
        guard let (application, key) = try await open(settings, journal, console, signals) else { return .done }
        // At once: whatever fails from here on, the key would never be shown again.
        if let key { console.print(Invocation.announcement(of: key)) }
        let web = WebService(application: application, journal: journal)
        do {
            try await application.start()
            try web.start()
        } catch {
            let cause = (error as? ServiceError)?.cause ?? ""
            journal.write(.error, "start failed", ["code": Failure(error).code, "cause": cause])
            await application.stop(reason: Failure(error).code, isFailure: true)
            throw error
        }
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        console.print("listening on http://\(host):\(web.port)")
        let name = await signals.first()
        console.note("\(name): finishing what was accepted; a second signal ends the process at once")
        await web.stop(grace: grace)
        await application.stop(reason: name)
        return .done
    }

    /// Opens the store, and waits for a database server that does not answer: it may be started after us.
    ///
    /// - Returns: nil when a signal came first.
    private static func open(
        _ settings: Settings, _ journal: ApplicationLog, _ console: Console, _ signals: StopSignals
    ) async throws -> (Application, String?)? {
        var (room, pause): (WaitingRoom?, Duration) = (nil, .milliseconds(250))
        while true {
            let error: ServiceError
            do throws(ServiceError) {
                let opened = try await Application.open(
                    settings, backend: Invocation.backend(settings), journal: journal)
                await room?.close()
                return opened
            } catch let refusal { error = refusal }
            guard error.code == "store-unavailable", settings.sqlitePath == nil else { throw error }
            if room == nil {
                console.note("The database does not answer yet; waiting for it. \(error.cause ?? "")")
                room = try WaitingRoom(settings)
            }
            journal.write(.error, "waiting for the database", ["code": error.code, "cause": error.cause ?? ""])
            if await signals.haveCome(within: pause) { return nil }
            pause = min(.seconds(5), pause * 2)
        }
    }
}

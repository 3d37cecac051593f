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
        let problems = SettingJudgement.problems(of: settings)
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        let journal = try ApplicationLog(path: settings.logFile, level: settings.logLevel)
        let (application, key) = try await Application.open(
            settings, backend: Invocation.backend(settings), journal: journal)
        // At once: whatever fails from here on, the key would never be shown again.
        if let key { console.print(Invocation.announcement(of: key)) }
        let signals = StopSignals()
        let web = WebService(application: application, journal: journal)
        do {
            try await application.start()
            try web.start()
        } catch {
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
}

import PostgresStorage
import Service
import SQLiteStorage
import Storage

/// One call of the program: its arguments, what surrounds it, and the way to what it needs.
struct Invocation: Sendable {
    let arguments: Arguments
    let console: Console
    private let sources: SettingSources
    private let environment: [String: String]

    init(_ arguments: Arguments, environment: [String: String], console: Console) {
        (self.arguments, self.environment, self.console) = (arguments, environment, console)
        sources = SettingSources(arguments: arguments, environment: environment)
    }

    /// The settings that hold for this call.
    func settings(overriding overrides: [String: String?] = [:]) throws -> Settings {
        try sources.settings(overriding: overrides)
    }

    /// Where a setting's value came from.
    func source(of setting: String) -> String { sources.source(of: setting) }

    /// The storage that the settings name.
    static func backend(_ settings: Settings, isReadOnly: Bool = false) -> any StorageBackend {
        guard let path = settings.sqlitePath else {
            return PostgresBackend(
                address: settings.databaseURL, secrets: settings.secretsURL, standby: settings.standbyURL,
                isReadOnly: isReadOnly)
        }
        return SQLiteBackend(database: path, home: settings.home, isReadOnly: isReadOnly)
    }

    /// The settings of a store that exists.
    ///
    /// - Throws: `no-log` where there is none, so that looking at a store never creates one by a wrong path.
    func settingsOfExistingStore() throws -> Settings {
        let settings = try settings()
        guard Home(settings.home).isInitialised else {
            throw Failure(
                "no-log",
                "There is no log in \(settings.home). Name its folder with --home, or start one with `cxrledger serve`."
            )
        }
        return settings
    }

    /// The way to the log: the store itself (created when there is none, if that is wanted), or a service.
    func access(creating: Bool = false) async throws -> any LedgerAccess {
        if let server = arguments.value("server") { return try RemoteAccess(server, key: key(), console: console) }
        return try await local(creating: creating)
    }

    /// The store itself.
    func local(creating: Bool = false) async throws -> LocalAccess {
        let settings = try creating ? settings() : settingsOfExistingStore()
        let home = Home(settings.home)
        if home.isInitialised, !home.isWritable {
            console.note("note: \(settings.home) cannot be written here: it is read, and nothing is recorded.")
            let backend = Self.backend(settings, isReadOnly: true)
            return LocalAccess(application: try Application.openCopy(settings, backend: backend))
        }
        let (application, key) = try await Application.open(settings, backend: Self.backend(settings))
        if let key { console.warn(Self.announcement(of: key)) }
        return LocalAccess(application: application)
    }

    /// What is said, once, when a log was created.
    static func announcement(of key: String) -> String {
        "administrator key: \(key)\nKeep this key: it is shown once and never again; only its digest is stored."
    }

    /// The API key for `--server`, never taken from the arguments, which everybody on the machine can read.
    func key() throws -> String? {
        guard let path = arguments.value("key-file") else { return environment["CXRLEDGER_API_KEY"] }
        let text = String(decoding: try InputFile.read(path, limit: 4_096), as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map(String.init)
    }

    /// Refuses flags that this command cannot honour.
    func check(_ definition: CommandDefinition) throws(Failure) {
        if arguments.has("server") {
            guard definition.reach == .either else {
                let place =
                    definition.reach == .store ? "works on the store itself; run it where the store is" : "needs none"
                throw .usage("`\(definition.name)` cannot go over --server: it \(place).")
            }
            if let setting = GlobalFlags.settings.first(where: { arguments.has($0.flag.name) }) {
                throw .usage(
                    "--\(setting.flag.name) cannot be honoured with --server: the service has its own settings.")
            }
        } else if arguments.has("key-file") {
            throw .usage("--key-file is for --server; on the store itself you act as your operating system user.")
        }
    }
}

import Service

/// Flags, environment and `.env`, from which the settings are read in this order.
struct SettingSources: Sendable {
    private let flags: [String: String]
    private let environment: [String: String]
    private let file: [String: String]

    init(arguments: Arguments, environment: [String: String]) {
        var flags: [String: String] = [:]
        for (flag, setting) in GlobalFlags.settings { flags[setting] = arguments.value(flag.name) }
        self.flags = flags
        // The key is for `--server` and no setting of the service, which would report it as unknown.
        self.environment = environment.filter { $0.key != "CXRLEDGER_API_KEY" }
        file = EnvironmentFile.read(".env").filter { $0.key != "CXRLEDGER_API_KEY" }
    }

    /// Reads the settings; a command may decide some itself, nil meaning that its flag of that name is another one.
    func settings(overriding overrides: [String: String?] = [:]) throws(SettingsError) -> Settings {
        var flags = flags
        for (name, value) in overrides { flags[name] = value }
        return try Settings(flags: flags, environment: environment, file: file)
    }

    /// Where the value of a setting came from.
    func source(of setting: String) -> String {
        for (values, name) in [(flags, "flag"), (environment, "environment"), (file, ".env")] {
            if values[setting]?.isEmpty == false { return name }
            // Only a named host or database asks for PostgreSQL.
            let isPostgres = ["POSTGRES_HOST", "POSTGRES_DB"].contains { values[$0]?.isEmpty == false }
            if setting == "DATABASE_URL", isPostgres { return "\(name), POSTGRES_*" }
        }
        return "default"
    }
}

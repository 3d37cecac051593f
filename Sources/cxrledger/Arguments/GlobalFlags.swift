import Service

/// The flags that every command knows: where the store is, how to answer, and one for each setting.
enum GlobalFlags {
    /// How commands answer, and what they reach.
    static let common: [Flag] = [
        Flag(
            "server", "URL", "go over HTTP to a running service; the key is read from CXRLEDGER_API_KEY or --key-file"),
        Flag("key-file", "FILE", "file that holds the API key for --server"),
        Flag("json", nil, "print one JSON document, also on a failure (on standard error)"),
        Flag("quiet", nil, "no notes and no progress on standard error"),
        Flag("no-color", nil, "no colours, as with NO_COLOR"),
    ]

    /// One flag for each setting, with the setting's own name as an alias.
    static let settings: [(flag: Flag, setting: String)] = SettingDefinition.all.map { definition in
        let long = definition.name.lowercased().replacing("_", with: "-")
        let name = short[definition.name] ?? long
        let help = "\(definition.meaning) (\(definition.name), such as \(definition.example))"
        return (Flag(name, "VALUE", help, aliases: name == long ? [] : [long]), definition.name)
    }

    static let all = common + settings.map(\.flag)

    private static let short = [
        "CXRLEDGER_HOME": "home", "CXRLEDGER_LOCK": "lock", "DATABASE_URL": "database", "API_HOST": "host",
        "API_PORT": "port", "API_WORKERS": "workers", "CACHE_ENABLED": "cache", "CXRLEDGER_BODY_LIMIT": "body-limit",
        "CXRLEDGER_PIXEL_LIMIT": "pixel-limit", "CXRLEDGER_BACKUPS": "backups",
        "CXRLEDGER_EXPORTS": "exports",
    ]
}

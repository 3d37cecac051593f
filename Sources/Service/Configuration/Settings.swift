import CanonicalJSON
import Concurrency
import Crypto

/// The effective settings of a process, from flags, then the environment, then `.env`, then the defaults.
public struct Settings: Sendable, Hashable {
    public var home = "var"
    /// Where the checkpoint lock lies; in production on another volume.
    public var lock = "var/lock/checkpoint"
    public var databaseURL = "sqlite://var/cxrledger.db"
    /// A standby of the database, from which lists and what is past may be read.
    public var standbyURL: String?
    /// How the secrets of subjects are reached, where a user of their own reads them.
    public var secretsURL: String?
    /// In seconds, how far behind lists from there may be.
    public var readLag = 10
    public var modelPath = "saved_models/pneumonia_cnn_v1.keras"
    public var host = "127.0.0.1"
    public var port = 8000
    /// The proxies that are believed when they say who sent a request.
    public var proxies: [NetworkRange] = []
    public var workers = max(4, 2 * ProcessorCount.available)
    public var batchSize = 16
    public var isCacheEnabled = false
    public var logLevel = LogLevel.info
    /// What the deployment is called; `production` is stricter.
    public var environment = "development"
    public var logFile = "logs/application.log"
    public var bodyLimit = 64 << 20
    public var pixelLimit = 100_000_000
    public var backups = "backups"
    /// The trust policy (C2SP tlog-policy) whose witnesses are asked; nil asks nobody.
    public var policy: String?
    /// The time-stamp authority (RFC 3161), and the certificates it is believed by; nil asks nobody, and the system's.
    public var timestampURL: String?
    public var timestampCA: String?
    /// Seconds between stamps; 0 for none.
    public var timestampInterval = 3_600
    /// What opens private keys that are sealed or lie on a token.
    public var keyAccess = KeyAccess()
    /// Where the log is published as tiles; empty for no folder, which only programs can say.
    public var tlogFolder = "var/tlog"
    public var isTlogPublic = false
    /// In milliseconds.
    public var tlogInterval = 1_000
    /// `s3://bucket/prefix`; empty for none.
    public var tlogBucket = ""
    /// `s3://bucket/prefix` of sealed pictures and models; empty for the home.
    public var blobs = ""
    public var objectStore = ""
    public var awsRegion = "us-east-1"
    public var awsAccessKey = ""
    public var awsSecretKey = ""
    public var awsSecretKeyFile = ""
    /// Entries a second that are hashed again in the background; 0 for none.
    public var scrubRate = 200
    /// Where exports that were asked for over HTTP are written and kept.
    public var exports: String {
        get { chosenExports ?? home + "/exports" }
        set { chosenExports = newValue }
    }
    private var chosenExports: String?
    /// The size of the spool that keeps reads while the log takes nothing.
    public var spoolBytes = 1 << 20
    /// Names that looked like settings but are none of ours, to be reported once.
    public var unknownNames: [String] = []

    public init() {}

    /// Whether a database that may lose what it acknowledges is refused.
    public var isProduction: Bool { environment.lowercased().hasPrefix("prod") }

    /// Reads the settings from flags (by the setting's name; they win), the environment, and what `.env` holds.
    ///
    /// Every problem is reported at once.
    public init(
        flags: [String: String], environment: [String: String], file: [String: String]
    ) throws(SettingsError) {
        var problems: [SettingsError.Problem] = []
        func value(_ name: String) -> String? {
            [flags, environment, file].lazy.compactMap { $0[name] }.first { !$0.isEmpty }
        }
        for definition in SettingDefinition.all {
            guard let text = value(definition.name) else { continue }
            if let reason = definition.apply(text, &self) { problems.append(.init(definition.name, reason)) }
        }
        if value("CXRLEDGER_LOCK") == nil { lock = home + "/lock/checkpoint" }
        if value("TLOG_DIR") == nil { tlogFolder = home + "/tlog" }
        let bucket = [("TLOG_S3", tlogBucket), ("BLOBS_S3", blobs)].first { !$1.isEmpty }
        for (name, key) in [("AWS_ACCESS_KEY_ID", awsAccessKey), ("AWS_SECRET_ACCESS_KEY", awsSecretKey)] {
            guard let bucket, key.isEmpty else { continue }
            problems.append(.init(name, "it is empty, and \(bucket.0) cannot be written to without it"))
        }
        if value("DATABASE_URL") == nil {
            databaseURL =
                Self.postgresURL(value) ?? "sqlite://" + (home.hasPrefix("/") ? "/" : "./") + home + "/cxrledger.db"
        }
        let ours = Set(SettingDefinition.all.map(\.name) + Self.postgresNames)
        unknownNames = Set(file.keys).union(environment.keys.filter { $0.hasPrefix("CXRLEDGER_") }).subtracting(ours)
            .sorted()
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
    }

    private static let postgresNames = [
        "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB",
    ]

    /// The address that `POSTGRES_*` amounts to; only a named host or database asks for Postgres.
    private static func postgresURL(_ value: (String) -> String?) -> String? {
        guard value("POSTGRES_HOST") != nil || value("POSTGRES_DB") != nil else { return nil }
        func part(_ name: String, _ usual: String) -> String { ServerAddress.encoded(value(name) ?? usual) }
        let secret = value("POSTGRES_PASSWORD").map { ":" + ServerAddress.encoded($0) } ?? ""
        return "postgresql://\(part("POSTGRES_USER", "pneumonia"))\(secret)@\(value("POSTGRES_HOST") ?? "localhost")"
            + ":\(value("POSTGRES_PORT") ?? "5432")/\(part("POSTGRES_DB", "pneumonia_prod"))"
    }

    /// The file of an embedded database; nil for any other kind.
    ///
    /// `sqlite:///name` is relative and `sqlite:////name` absolute, as operators write it; `sqlite://./name` works too.
    public var sqlitePath: String? {
        guard databaseURL.hasPrefix("sqlite://") else { return nil }
        let rest = databaseURL.dropFirst("sqlite://".count)
        return String(rest.hasPrefix("/") ? rest.dropFirst() : rest)
    }

    /// Name and value of every setting as it holds, secrets masked.
    public var effective: [(name: String, value: String)] {
        SettingDefinition.all.map { ($0.name, $0.value(self)) }
    }

    /// SHA-256 over the effective settings.
    var digest: Digest {
        SHA256.hash(JSONValue.array(effective.map { .array([.string($0.name), .string($0.value)]) }).canonicalBytes())
    }

    /// Those that change how predictions are computed or served; a difference from the last start is an event.
    var recorded: [(name: String, value: String)] {
        let names: Set = [
            "API_WORKERS", "BATCH_SIZE", "CACHE_ENABLED", "CXRLEDGER_BODY_LIMIT", "CXRLEDGER_PIXEL_LIMIT",
        ]
        return effective.filter { names.contains($0.name) }
    }
}

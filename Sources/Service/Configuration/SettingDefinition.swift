import Glibc

/// One setting: its name, what it is for, and how its text is read.
public struct SettingDefinition: Sendable {
    public let name: String
    public let meaning: String
    public let example: String
    /// Takes the text over; answers with what is wrong with it.
    let apply: @Sendable (String, inout Settings) -> String?
    /// The value that holds, safe to show.
    let value: @Sendable (Settings) -> String

    /// Every setting of the product.
    public static let all = general + publication

    private static let general: [SettingDefinition] = [
        .init(
            name: "CXRLEDGER_HOME", meaning: "folder of keys, secrets, pictures and the embedded database",
            example: "/var/lib/cxrledger"
        ) {
            text($0, into: \.home, &$1)
        } value: {
            $0.home
        },
        .init(
            name: "CXRLEDGER_LOCK", meaning: "file of the checkpoint lock; in production on another volume",
            example: "/mnt/lock/checkpoint"
        ) {
            file($0, into: \.lock, &$1)
        } value: {
            $0.lock
        },
        .init(
            name: "DATABASE_URL", meaning: "where the log is stored",
            example: "sqlite:////var/lib/cxrledger/cxrledger.db"
        ) {
            let isPostgres = ServerAddress.isPostgres($0)
            guard isPostgres || $0.hasPrefix("sqlite://") && !$0.hasSuffix("//") else {
                return "it is no sqlite:// or postgresql:// address"
            }
            $1.databaseURL = $0
            return isPostgres ? ServerAddress.problem($0) : nil
        } value: {
            ServerAddress.masked($0.databaseURL)
        },
        server(
            "DATABASE_READ_URL", "a standby of that database, for reading what is past",
            example: "postgresql://pneumonia@standby/pneumonia_prod", \.standbyURL),
        server(
            "DATABASE_SECRETS_URL", "that database as the user who alone reads the secrets of patients",
            example: "postgresql://secrets@db/pneumonia_prod", \.secretsURL),
        .init(
            name: "DATABASE_READ_LAG", meaning: "seconds that lists from the standby may be behind", example: "10"
        ) {
            number($0, 0...3_600, into: \.readLag, &$1)
        } value: {
            String($0.readLag)
        },
        .init(
            name: "MODEL_PATH", meaning: "model that is activated at the first start",
            example: "saved_models/pneumonia_cnn_v1.keras"
        ) {
            guard $0.hasSuffix(".keras") else { return "it does not name a .keras file" }
            $1.modelPath = $0
            return nil
        } value: {
            $0.modelPath
        },
        .init(name: "API_HOST", meaning: "address to listen on", example: "127.0.0.1") {
            text($0, into: \.host, &$1)
        } value: {
            $0.host
        },
        .init(name: "API_PORT", meaning: "port to listen on, 0 for any free one", example: "8000") {
            number($0, 0...65_535, into: \.port, &$1)
        } value: {
            String($0.port)
        },
        .init(
            name: "CXRLEDGER_PROXIES",
            meaning: "addresses or networks of the proxies whose X-Forwarded-For is believed",
            example: "10.0.0.2,fd00::/64"
        ) {
            let names = $0.split(separator: ",").map { $0.filter { $0 != " " } }
            $1.proxies = names.compactMap(NetworkRange.init)
            return $1.proxies.count == names.count ? nil : "it is no list of IP addresses and networks"
        } value: {
            $0.proxies.map(\.description).joined(separator: ",")
        },
        .init(name: "API_WORKERS", meaning: "predictions that are worked on at once", example: "4") {
            number($0, 1...256, into: \.workers, &$1)
        } value: {
            String($0.workers)
        },
        .init(name: "BATCH_SIZE", meaning: "pictures that go through the model together at most", example: "16") {
            number($0, 1...1_024, into: \.batchSize, &$1)
        } value: {
            String($0.batchSize)
        },
        .init(name: "CACHE_ENABLED", meaning: "whether the score of an equal picture is reused", example: "true") {
            flag($0, into: \.isCacheEnabled, &$1)
        } value: {
            String($0.isCacheEnabled)
        },
        .init(
            name: "ENVIRONMENT", meaning: "what the deployment is called; `production` refuses unsafe databases",
            example: "production"
        ) {
            text($0, into: \.environment, &$1)
        } value: {
            $0.environment
        },
        .init(name: "LOG_LEVEL", meaning: "least level that is logged", example: "info") {
            guard let level = LogLevel(rawValue: $0.lowercased()) else {
                return "it is none of \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))"
            }
            $1.logLevel = level
            return nil
        } value: {
            $0.logLevel.rawValue
        },
        .init(
            name: "LOG_FILE", meaning: "file of the service's own log, JSON lines, rotated",
            example: "logs/application.log"
        ) {
            file($0, into: \.logFile, &$1)
        } value: {
            $0.logFile
        },
        .init(name: "CXRLEDGER_BODY_LIMIT", meaning: "largest request body in bytes", example: "67108864") {
            number($0, 1_024...(1 << 30), into: \.bodyLimit, &$1)
        } value: {
            String($0.bodyLimit)
        },
        .init(name: "CXRLEDGER_PIXEL_LIMIT", meaning: "largest picture in pixels", example: "100000000") {
            number($0, 1_024...1_000_000_000, into: \.pixelLimit, &$1)
        } value: {
            String($0.pixelLimit)
        },
        .init(
            name: "CXRLEDGER_KEY_PASSPHRASE_FILE", meaning: "file of the passphrase that seals private keys",
            example: "/run/secrets/cxrledger-passphrase"
        ) {
            file($0, into: \.keyAccess.passphraseFile, &$1)
        } value: {
            $0.keyAccess.passphraseFile ?? ""
        },
        .init(
            name: "CXRLEDGER_PKCS11_MODULE", meaning: "PKCS #11 library of the token that keeps private keys",
            example: "/usr/lib/softhsm/libsofthsm2.so"
        ) {
            file($0, into: \.keyAccess.module, &$1)
        } value: {
            $0.keyAccess.module ?? ""
        },
        .init(
            name: "CXRLEDGER_PKCS11_PIN_FILE", meaning: "file of that token's PIN",
            example: "/run/secrets/cxrledger-pin"
        ) {
            file($0, into: \.keyAccess.pinFile, &$1)
        } value: {
            $0.keyAccess.pinFile ?? ""
        },
        .init(name: "CXRLEDGER_BACKUPS", meaning: "folder that backups go to", example: "backups") {
            text($0, into: \.backups, &$1)
        } value: {
            $0.backups
        },
        .init(
            name: "TLOG_POLICY", meaning: "file that names the log's witnesses and their quorum (C2SP tlog-policy)",
            example: "/etc/cxrledger/witnesses.policy"
        ) {
            file($0, into: \.policy, &$1)
        } value: {
            $0.policy ?? ""
        },
        .init(
            name: "TSA_URL", meaning: "time-stamp authority that stamps checkpoints (RFC 3161)",
            example: "https://tsa.example/stamp"
        ) {
            guard ["http://", "https://"].contains(where: $0.hasPrefix), !$0.hasSuffix("//") else {
                return "it is no http:// or https:// address"
            }
            return text($0, into: \.timestampURL, &$1)
        } value: {
            ServerAddress.masked($0.timestampURL ?? "")
        },
        .init(
            name: "TSA_CA", meaning: "PEM file of the authorities that time stamps are believed from",
            example: "/etc/cxrledger/tsa-ca.pem"
        ) {
            file($0, into: \.timestampCA, &$1)
        } value: {
            $0.timestampCA ?? ""
        },
        .init(name: "TSA_INTERVAL", meaning: "seconds between time stamps, 0 for none", example: "3600") {
            number($0, 0...2_678_400, into: \.timestampInterval, &$1)
        } value: {
            String($0.timestampInterval)
        },
        .init(
            name: "CXRLEDGER_EXPORTS", meaning: "folder that exports asked for over HTTP are kept in for a week",
            example: "/var/lib/cxrledger/exports"
        ) {
            text($0, into: \.exports, &$1)
        } value: {
            $0.exports
        },
        .init(
            name: "CXRLEDGER_SPOOL_BYTES", meaning: "room for reads while the log takes nothing, in bytes",
            example: "1048576"
        ) {
            number($0, 65_536...(16 << 20), into: \.spoolBytes, &$1)
        } value: {
            String($0.spoolBytes)
        },
    ]

    private static func text(
        _ text: String, into path: WritableKeyPath<Settings, String?>, _ settings: inout Settings
    ) -> String? {
        guard isText(text) else { return "it is too long or holds control characters" }
        settings[keyPath: path] = text
        return nil
    }

    static func text(_ text: String, into path: WritableKeyPath<Settings, String>, _ settings: inout Settings)
        -> String?
    {
        guard isText(text) else { return "it is too long or holds control characters" }
        settings[keyPath: path] = text
        return nil
    }

    private static func isText(_ text: String) -> Bool {
        text.utf8.count <= 4_096 && !text.utf8.contains { $0 < 0x20 }
    }

    private static func file(_ text: String, into path: WritableKeyPath<Settings, String>, _ settings: inout Settings)
        -> String?
    {
        isFolder(text) ? "\(text) is a folder, and a file is needed" : self.text(text, into: path, &settings)
    }

    private static func file(
        _ text: String, into path: WritableKeyPath<Settings, String?>, _ settings: inout Settings
    ) -> String? {
        isFolder(text) ? "\(text) is a folder, and a file is needed" : self.text(text, into: path, &settings)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe path.hasSuffix("/") || stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func flag(_ text: String, into path: WritableKeyPath<Settings, Bool>, _ settings: inout Settings) -> String?
    {
        switch text.lowercased() {
        case "true", "1", "yes", "on": settings[keyPath: path] = true
        case "false", "0", "no", "off": settings[keyPath: path] = false
        default: return "it is neither true nor false"
        }
        return nil
    }

    /// The address of a PostgreSQL server.
    private static func server(
        _ name: String, _ meaning: String, example: String, _ path: any WritableKeyPath<Settings, String?> & Sendable
    ) -> SettingDefinition {
        .init(name: name, meaning: meaning, example: example) {
            guard ServerAddress.isPostgres($0) else { return "it is no postgresql:// address" }
            $1[keyPath: path] = $0
            return ServerAddress.problem($0)
        } value: {
            ServerAddress.masked($0[keyPath: path] ?? "")
        }
    }

    static func number(
        _ text: String, _ range: ClosedRange<Int>, into path: WritableKeyPath<Settings, Int>, _ settings: inout Settings
    ) -> String? {
        guard let number = Int(text), range.contains(number) else {
            return "it is no whole number from \(range.lowerBound) to \(range.upperBound)"
        }
        settings[keyPath: path] = number
        return nil
    }
}

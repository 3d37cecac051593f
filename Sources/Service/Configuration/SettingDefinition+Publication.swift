import HTTPClient

extension SettingDefinition {
    /// Where the log is published, and how it is looked after.
    static let publication: [SettingDefinition] = [
        .init(name: "TLOG_DIR", meaning: "folder that the log is published to as tiles", example: "/srv/tlog") {
            text($0, into: \.tlogFolder, &$1)
        } value: {
            $0.tlogFolder
        },
        .init(
            name: "TLOG_PUBLIC", meaning: "whether everybody may read checkpoint and hashes; entries are never public",
            example: "false"
        ) {
            flag($0, into: \.isTlogPublic, &$1)
        } value: {
            String($0.isTlogPublic)
        },
        .init(
            name: "TLOG_INTERVAL_MS", meaning: "milliseconds between publications when anything is new", example: "1000"
        ) {
            number($0, 200...10_000, into: \.tlogInterval, &$1)
        } value: {
            String($0.tlogInterval)
        },
        bucket(
            "TLOG_S3", "bucket of an S3-compatible store that the log is published to as well",
            example: "s3://hospital-tlog/cxr", \.tlogBucket),
        bucket(
            "BLOBS_S3",
            "bucket of that store for sealed pictures and models, which instances without a shared folder share",
            example: "s3://hospital-pictures/cxr", \.blobs),
        .init(
            name: "S3_ENDPOINT", meaning: "address of the S3-compatible store; that of AWS_REGION when empty",
            example: "https://minio.example:9000"
        ) {
            guard isAddress($0) else { return "it is no https:// address of a host, without a path or a password" }
            return text($0, into: \.objectStore, &$1)
        } value: {
            $0.objectStore
        },
        .init(name: "AWS_REGION", meaning: "region that requests to the store are signed for", example: "eu-central-1")
        {
            guard isRegion($0) else { return "it is no name of a region" }
            return text($0, into: \.awsRegion, &$1)
        } value: {
            $0.awsRegion
        },
        .init(name: "AWS_ACCESS_KEY_ID", meaning: "name of the key that signs them", example: "AKIAEXAMPLE") {
            text($0, into: \.awsAccessKey, &$1)
        } value: {
            $0.awsAccessKey.isEmpty ? "" : "***"
        },
        .init(name: "AWS_SECRET_ACCESS_KEY", meaning: "that key; secret", example: "(from the store's console)") {
            text($0, into: \.awsSecretKey, &$1)
        } value: {
            $0.awsSecretKey.isEmpty ? "" : "***"
        },
        .init(
            name: "AWS_SECRET_ACCESS_KEY_FILE", meaning: "file that holds it instead",
            example: "/run/secrets/s3_secret_key"
        ) { path, settings in
            // Why it fails is of no use to whoever wrote the path.
            guard let bytes = try? SmallFile.read(path, limit: 4_096) else {
                return "\(path) cannot be read"
            }
            let secret = bytes.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 < 0x7F }
            // The file of a deployment without an object store is empty.
            if !secret.isEmpty { settings.awsSecretKey = String(decoding: secret, as: UTF8.self) }
            return text(path, into: \.awsSecretKeyFile, &settings)
        } value: {
            $0.awsSecretKeyFile
        },
        .init(
            name: "CXRLEDGER_SCRUB_RATE", meaning: "committed entries that are hashed again each second, 0 for none",
            example: "200"
        ) {
            number($0, 0...100_000, into: \.scrubRate, &$1)
        } value: {
            String($0.scrubRate)
        },
    ]

    private static func bucket(
        _ name: String, _ meaning: String, example: String,
        _ setting: any WritableKeyPath<Settings, String> & Sendable
    ) -> SettingDefinition {
        .init(name: name, meaning: meaning, example: example) {
            guard Bucket.parse($0) != nil else {
                return "it is no s3://bucket/prefix of letters, digits and the signs . _ ~ -"
            }
            return text($0, into: setting, &$1)
        } value: {
            $0[keyPath: setting]
        }
    }

    /// Whether a text is an http address of a host and nothing else.
    private static func isAddress(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.utf8.starts(with: $0.utf8) }) else {
            return false
        }
        let host = text.utf8.dropFirst(scheme.utf8.count)
        return !host.isEmpty && host.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/@?#\\".utf8.contains($0) }
    }

    private static func isRegion(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "-")
            }
        }
    }
}

extension Settings {
    /// The object store that the log is published to; nil when none is named.
    var bucket: Bucket? { bucket(tlogBucket) }

    /// The one that sealed pictures and models are kept in; nil when they are kept in the home.
    var blobBucket: Bucket? { bucket(blobs) }

    private func bucket(_ address: String) -> Bucket? {
        guard let (name, prefix) = Bucket.parse(address) else { return nil }
        let endpoint = objectStore.isEmpty ? "https://s3.\(awsRegion).amazonaws.com" : objectStore
        return Bucket(
            name: name, prefix: prefix, endpoint: endpoint,
            signature: .init(region: awsRegion, accessKey: awsAccessKey, secretKey: awsSecretKey))
    }
}

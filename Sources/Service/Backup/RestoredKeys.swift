import Crypto
import Storage

/// The keys and wrapped secrets that were kept apart from the backup.
struct RestoredKeys {
    let origin: String
    let root: Ed25519.PublicKey
    let subjects: [SubjectRecord]
    private let files: [String: [UInt8]]

    init(folder: String) throws(ServiceError) {
        var files: [String: [UInt8]] = [:]
        for name in ["origin", "root.pub", "event.key", "checkpoint.key", "wrapping.key", "root.key"] {
            files[name] = try SmallFile.read("\(folder)/\(name)", limit: 65_536)
        }
        guard let origin = files["origin"], let rootText = files["root.pub"],
            let bytes = Base64.decode(String(decoding: rootText, as: UTF8.self)),
            let root = try? Ed25519.PublicKey(bytes)
        else {
            throw ServiceError(
                .unprocessable, "secrets-missing", "\(folder) holds no pinned root key; name the folder with --secrets."
            )
        }
        (self.origin, self.root) = (String(decoding: origin, as: UTF8.self), root)
        let lines = try SmallFile.read(folder + "/subjects.jsonl") ?? []
        let digest = try SmallFile.read(folder + "/subjects.sha256", limit: 4_096) ?? []
        guard String(decoding: digest, as: UTF8.self) == SHA256.hash(lines).hex,
            let subjects = SecretsFile.decode(lines)
        else {
            throw ServiceError(
                .unprocessable, "backup-damaged",
                "\(folder)/subjects.jsonl is not the one that was written; nothing was restored.")
        }
        self.subjects = subjects
        self.files = files
    }

    /// Puts the keys into a home; the private signing keys only where the log may go on.
    func install(_ home: Home, canSign: Bool) throws(ServiceError) {
        let signing: Set = ["event.key", "checkpoint.key", "root.key"]
        for (name, bytes) in files where name != "origin" && (canSign || !signing.contains(name)) {
            try SmallFile.write(bytes, to: "\(home.keys)/\(name)")
        }
        try SmallFile.write(Array(origin.utf8), to: home.origin)
    }
}

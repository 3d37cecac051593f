import Crypto
import Storage

/// The keys and wrapped secrets that were kept apart from the backup.
struct RestoredKeys {
    /// The files of keys that a backup keeps, as they are named in a home.
    static let names = [
        "origin", "root.pub", "event.key", "checkpoint.key", "wrapping.key", "root.key", KeyRing.genesisFile,
        KeyRing.wrappingOriginFile,
    ]
    static let subjects = "subjects.jsonl"
    static let sums = "SHA256SUMS"

    let origin: String
    let root: Ed25519.PublicKey
    let subjects: [SubjectRecord]
    private let files: [String: [UInt8]]

    init(folder: String) throws(ServiceError) {
        let files = try Self.checkedFiles(folder)
        guard let origin = files["origin"], let rootText = files["root.pub"],
            let bytes = Base64.decode(String(decoding: rootText, as: UTF8.self)),
            let root = try? Ed25519.PublicKey(bytes)
        else {
            throw ServiceError(
                .unprocessable, "secrets-missing", "\(folder) holds no pinned root key; name the folder with --secrets."
            )
        }
        guard let subjects = files[Self.subjects].flatMap(SecretsFile.decode) else {
            throw Self.damaged("\(folder)/\(Self.subjects)")
        }
        (self.origin, self.root) = (String(decoding: origin, as: UTF8.self), root)
        (self.subjects, self.files) = (subjects, files)
    }

    /// Every file of the folder, each with the digest that was written down for it.
    private static func checkedFiles(_ folder: String) throws(ServiceError) -> [String: [UInt8]] {
        guard let list = try SmallFile.read("\(folder)/\(sums)", limit: 65_536) else {
            throw ServiceError(
                .unprocessable, "secrets-missing",
                "There is no \(folder)/\(sums); name the folder of keys and secrets with --secrets.")
        }
        var digests: [String: String] = [:]
        for line in String(decoding: list, as: UTF8.self).split(separator: "\n") {
            guard let space = line.firstRange(of: "  ") else { throw damaged("\(folder)/\(sums)") }
            digests[String(line[space.upperBound...])] = String(line[..<space.lowerBound])
        }
        var files: [String: [UInt8]] = [:]
        let pending = digests.keys.filter { KeyFolder.purpose(ofPending: $0) != nil }
        for name in names + [subjects] + pending {
            let bytes = try SmallFile.read("\(folder)/\(name)")
            guard bytes.map({ SHA256.hash($0).hex }) == digests.removeValue(forKey: name) else {
                throw damaged("\(folder)/\(name)")
            }
            files[name] = bytes
        }
        guard digests.isEmpty else { throw damaged("\(folder)/\(sums)") }
        return files
    }

    private static func damaged(_ path: String) -> ServiceError {
        ServiceError(
            .unprocessable, "backup-damaged", "\(path) is not the one that \(sums) tells of; nothing was restored.")
    }

    /// Whether the log can be signed with what is here.
    var canSign: Bool { files["event.key"] != nil && files["checkpoint.key"] != nil }

    /// Checks that the secret of every subject opens with the wrapping key.
    func check(_ subjects: Set<String>) throws(ServiceError) {
        let wrapping = files["wrapping.key"].flatMap { Hex.decode(String(decoding: $0, as: UTF8.self)) }
        let ring = KeyRing(
            origin: origin, root: root, genesis: nil, identity: nil, wrapping: wrapping.map { SecretBytes($0) },
            wrappingOrigin: files[KeyRing.wrappingOriginFile].map { String(decoding: $0, as: UTF8.self) })
        let vault = Vault(store: MemorySecretStore(), ring: ring)
        for record in self.subjects { _ = try vault.open(record) }
        guard let missing = subjects.subtracting(self.subjects.map(\.subject)).min() else { return }
        throw ServiceError(
            .unprocessable, "secrets-missing",
            "\(Self.subjects) holds no secret of subject \(missing), who has predictions.")
    }

    /// Puts the keys into a home; the private signing keys only where the log may go on.
    func install(_ home: Home, canSign: Bool, genesis: Digest) throws(ServiceError) {
        var wanted: Set = ["root.pub", "wrapping.key", "origin", KeyRing.wrappingOriginFile]
        if canSign {
            wanted.formUnion(["event.key", "checkpoint.key", "root.key"])
            wanted.formUnion(files.keys.filter { KeyFolder.purpose(ofPending: $0) != nil })
        }
        let kept = files.filter { wanted.contains($0.key) }.map { (name: $0.key, bytes: $0.value) }
        try home.install(keys: kept + [(KeyRing.genesisFile, Array(genesis.hex.utf8))])
    }
}

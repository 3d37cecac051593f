import Concurrency
public import Crypto
import Glibc
import Ledger
import Records
package import Storage

/// The keys of one log as they lie in the home: what signs, what wraps, and the pinned root that verification trusts.
public struct KeyRing: Sendable {
    public let origin: String
    /// The root as it was pinned here; the database's own word is never asked.
    public let root: Ed25519.PublicKey
    /// The hash of the log's first entry, pinned when it was recorded; nil before.
    let genesis: Digest?
    /// Nil in a copy that may be read but not added to.
    package let identity: LogIdentity?
    /// Wraps the secrets of subjects; nil in a copy without the secret store.
    let wrapping: SecretBytes?
    /// The log that the wrapping key was made for, when this one goes on for it; keys are derived in its name.
    var wrappingOrigin: String?
    /// The few keys that were derived, because guarded memory is dear to make.
    private let derivations = Locked<[String: SecretBytes]>([:])

    /// Why the private keys that are here cannot be used, when that may pass, such as a token that is not plugged in.
    var problem: ServiceError?

    /// Reads the keys of a home that was initialised; those that sign only for a process that may add to the log.
    public static func load(
        _ home: Home, access: KeyAccess = KeyAccess(), forSigning: Bool = true
    ) throws(ServiceError) -> KeyRing {
        guard let origin = try text(home.origin), let rootText = try text(home.keys + "/root.pub"),
            let rootBytes = Base64.decode(rootText), let root = try? Ed25519.PublicKey(rootBytes)
        else {
            throw ServiceError(
                .unavailable, "home-incomplete", "\(home.path) holds no pinned root key; restore keys/ from its copy.")
        }
        var (signers, problem): ([any Signer], ServiceError?) = ([], nil)
        let folder = home.keyFolder(access)
        if forSigning {
            do throws(ServiceError) { signers = try folder.keys().map(\.signer) } catch {
                guard error.code.hasPrefix("token-") else { throw error }
                problem = error
            }
        }
        let identity =
            signers.isEmpty
            ? nil
            : LogIdentity(origin: origin, root: root, signers: signers) {
                // As long as they cannot be read, the log is read-only here.
                (try? folder.usableKeys().map(\.signer)) ?? []
            }
        let wrapping = try SecretFile.read(home.keys + "/wrapping.key", limit: 4_096).map {
            bytes throws(ServiceError) in
            let text = trimmed(bytes)
            guard let bytes = Hex.decode(text), bytes.count == 32 else { throw malformed("wrapping.key", home) }
            return SecretBytes(bytes)
        }
        let genesis = try text("\(home.keys)/\(genesisFile)").map { text throws(ServiceError) in
            guard let digest = Digest(hex: text) else { throw malformed(genesisFile, home) }
            return digest
        }
        return KeyRing(
            origin: origin, root: root, genesis: genesis, identity: identity, wrapping: wrapping,
            wrappingOrigin: try text("\(home.keys)/\(wrappingOriginFile)"), problem: problem)
    }

    static let genesisFile = "genesis"
    static let wrappingOriginFile = "wrapping.origin"

    private static func malformed(_ name: String, _ home: Home) -> ServiceError {
        ServiceError(
            .unavailable, "key-malformed",
            "\(home.keys)/\(name) is not 64 hexadecimal digits; restore it from its copy.")
    }

    /// Pins the first entry: a database that is empty or begins otherwise is no longer this home's log.
    static func pin(genesis: Digest, in home: Home) throws(ServiceError) {
        try SmallFile.write(Array(genesis.hex.utf8), to: "\(home.keys)/\(genesisFile)")
    }

    /// Makes the keys of a log that goes on for another one, under the same root and with the same patients.
    static func create(
        _ home: Home, access: KeyAccess, succeeding old: KeyRing, in oldHome: Home, keepsRootKey: Bool
    ) throws(ServiceError) {
        let passphrase = try access.passphrase()
        var files = [KeyCertificate.Purpose.event, .checkpoint].map {
            (name: KeyFolder.name($0), bytes: KeyFile.encode(SecureRandom.secret(32), passphrase: passphrase))
        }
        for name in ["wrapping.key", "root.pub"] + (keepsRootKey ? ["root.key"] : []) {
            if let bytes = try SmallFile.read("\(oldHome.keys)/\(name)") { files.append((name, bytes)) }
        }
        files.append((wrappingOriginFile, Array((old.wrappingOrigin ?? old.origin).utf8)))
        files.append(("origin", Array(randomOrigin().utf8)))
        try home.install(keys: files)
    }

    private static func randomOrigin() -> String { "cxrledger/\(Hex.encode(SecureRandom.bytes(16)))" }

    /// Makes a new log's keys and a random origin.
    static func create(_ home: Home, access: KeyAccess) throws(ServiceError) {
        let seeds = ["root", "event", "checkpoint"].map { ($0, SecureRandom.secret(32)) }
        guard let root = try? Ed25519.PrivateKey(seed: seeds[0].1) else { throw Home.failure("make keys", home.keys) }
        let passphrase = try access.passphrase()
        try home.install(
            keys: seeds.map { ("\($0).key", KeyFile.encode($1, passphrase: passphrase)) } + [
                ("wrapping.key", Array(Hex.encode(SecureRandom.bytes(32)).utf8)),
                ("root.pub", Array(Base64.encode(root.publicKey.bytes).utf8)),
                ("origin", Array(randomOrigin().utf8)),
            ])
    }

    /// The first entry of a log: the root certifies the event key and the checkpoint key.
    static func genesis(_ home: Home, origin: String, access: KeyAccess) throws(ServiceError) -> KeysCertified {
        guard let root = try KeyFile.read(home.keys + "/root.key", with: access) else {
            throw ServiceError(.unavailable, "root-missing", "The root key is needed to start a log.")
        }
        return try genesis(home, origin: origin, access: access, root: root, succeeding: nil)
    }

    /// The first entry of a log that may go on for another one.
    static func genesis(
        _ home: Home, origin: String, access: KeyAccess, root: any Signer,
        succeeding predecessor: KeysCertified.Predecessor?
    ) throws(ServiceError) -> KeysCertified {
        var keys: [(Ed25519.PublicKey, KeyCertificate.Purpose)] = []
        for purpose in [KeyCertificate.Purpose.event, .checkpoint] {
            guard let key = try KeyFile.read("\(home.keys)/\(KeyFolder.name(purpose))", with: access) else {
                throw .readOnly
            }
            keys.append((key.publicKey, purpose))
        }
        do {
            return try KeysCertified(keys, of: origin, validFrom: 0, root: root, succeeds: predecessor)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// Whether secrets can be opened here.
    var hasWrappingKey: Bool { wrapping != nil }

    /// A key for one purpose, derived from the wrapping key.
    func derived(_ purpose: String) throws(ServiceError) -> SecretBytes {
        guard let wrapping else {
            throw ServiceError(
                .unavailable, "secrets-missing", "The secret store was not restored here, so patients cannot be opened."
            )
        }
        return derivations.withLock { known in
            if let key = known[purpose] { return key }
            let key = HKDF.derive(
                secret: wrapping, salt: Array((wrappingOrigin ?? origin).utf8), info: Array(purpose.utf8), count: 32)
            known[purpose] = key
            return key
        }
    }

    private static func text(_ path: String) throws(ServiceError) -> String? {
        try SmallFile.read(path, limit: 65_536).map(trimmed)
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        String(String(decoding: bytes, as: UTF8.self).trimmingPrefix(while: \.isWhitespace))
            .trimmingSuffix(while: \.isWhitespace)
    }
}

extension String {
    /// Without what `isPart` holds for at the end.
    fileprivate func trimmingSuffix(while isPart: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isPart(last) { text.removeLast() }
        return String(text)
    }
}

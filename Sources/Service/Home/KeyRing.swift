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
    /// The few keys that were derived, because guarded memory is dear to make.
    private let derivations = Locked<[String: SecretBytes]>([:])

    /// Reads the keys of a home that was initialised; those that sign only for a process that may add to the log.
    public static func load(_ home: Home, forSigning: Bool = true) throws(ServiceError) -> KeyRing {
        guard let origin = try text(home.origin), let rootText = try text(home.keys + "/root.pub"),
            let rootBytes = Base64.decode(rootText), let root = try? Ed25519.PublicKey(rootBytes)
        else {
            throw ServiceError(
                .unavailable, "home-incomplete", "\(home.path) holds no pinned root key; restore keys/ from its copy.")
        }
        var identity: LogIdentity?
        if forSigning, let event = try KeyFile.read(home.keys + "/event.key"),
            let checkpoint = try KeyFile.read(home.keys + "/checkpoint.key")
        {
            identity = LogIdentity(
                origin: origin, eventKey: event, checkpointSigner: NoteSigner(name: origin, key: checkpoint))
        }
        let wrapping = try text(home.keys + "/wrapping.key").map { text throws(ServiceError) in
            guard let bytes = Hex.decode(text), bytes.count == 32 else { throw malformed("wrapping.key", home) }
            return SecretBytes(bytes)
        }
        let genesis = try text("\(home.keys)/\(genesisFile)").map { text throws(ServiceError) in
            guard let digest = Digest(hex: text) else { throw malformed(genesisFile, home) }
            return digest
        }
        return KeyRing(origin: origin, root: root, genesis: genesis, identity: identity, wrapping: wrapping)
    }

    static let genesisFile = "genesis"

    private static func malformed(_ name: String, _ home: Home) -> ServiceError {
        ServiceError(
            .unavailable, "key-malformed",
            "\(home.keys)/\(name) is not 64 hexadecimal digits; restore it from its copy.")
    }

    /// Pins the first entry: a database that is empty or begins otherwise is no longer this home's log.
    static func pin(genesis: Digest, in home: Home) throws(ServiceError) {
        try SmallFile.write(Array(genesis.hex.utf8), to: "\(home.keys)/\(genesisFile)")
    }

    /// Makes a new log's keys and a random origin.
    static func create(_ home: Home) throws(ServiceError) {
        let seeds = ["root", "event", "checkpoint"].map { ($0, SecureRandom.secret(32)) }
        guard let root = try? Ed25519.PrivateKey(seed: seeds[0].1) else { throw Home.failure("make keys", home.keys) }
        try home.install(
            keys: seeds.map { ("\($0).key", KeyFile.encode($1)) } + [
                ("wrapping.key", Array(Hex.encode(SecureRandom.bytes(32)).utf8)),
                ("root.pub", Array(Base64.encode(root.publicKey.bytes).utf8)),
                ("origin", Array("cxrledger/\(Hex.encode(SecureRandom.bytes(16)))".utf8)),
            ])
    }

    /// The first entry of a log: the root certifies the event key and the checkpoint key.
    static func genesis(_ home: Home, origin: String) throws(ServiceError) -> KeysCertified {
        guard let root = try KeyFile.read(home.keys + "/root.key") else {
            throw ServiceError(.unavailable, "root-missing", "The root key is needed to start a log.")
        }
        var certified: [KeysCertified.Certified] = []
        for purpose in [KeyCertificate.Purpose.event, .checkpoint] {
            guard let key = try KeyFile.read("\(home.keys)/\(purpose.rawValue).key") else { throw .readOnly }
            let certificate = KeyCertificate(key: key.publicKey, purpose: purpose, log: origin, validFrom: 0)
            let (bytes, signature) = certificate.signed(by: root)
            certified.append(.init(certificate: Base64.encode(bytes), signature: Base64.encode(signature)))
        }
        return KeysCertified(root: Base64.encode(root.publicKey.bytes), keys: certified)
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
            let key = HKDF.derive(secret: wrapping, salt: Array(origin.utf8), info: Array(purpose.utf8), count: 32)
            known[purpose] = key
            return key
        }
    }

    private static func text(_ path: String) throws(ServiceError) -> String? {
        try SmallFile.read(path, limit: 65_536).map { bytes in
            String(String(decoding: bytes, as: UTF8.self).trimmingPrefix(while: \.isWhitespace))
                .trimmingSuffix(while: \.isWhitespace)
        }
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

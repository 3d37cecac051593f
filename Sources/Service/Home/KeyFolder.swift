import Crypto
import Glibc
import Ledger
import PKCS11
import Storage

/// The private keys of a log in its home.
///
/// `event.key` and `checkpoint.key` are the current ones. A rotation first leaves the new key beside them, as
/// `event.<digits>.key`, so that it is there whatever happens to the process; once the log has certified it, it takes the
/// current one's place. Which of them signs is decided by the log, never by a name.
struct KeyFolder: Sendable {
    let path: String
    let access: KeyAccess

    /// A private key and the name of its file.
    struct Kept: Sendable {
        let name: String
        let purpose: KeyCertificate.Purpose
        let signer: any Signer

        /// The token that the key lies on.
        var token: String? { (signer as? TokenSigner)?.token.label }

        /// Whether the file waits for its key to be certified.
        var isPending: Bool { name != KeyFolder.name(purpose) }
    }

    static func name(_ purpose: KeyCertificate.Purpose) -> String { "\(purpose.rawValue).key" }

    static func pendingName(_ purpose: KeyCertificate.Purpose, _ key: Ed25519.PublicKey) -> String {
        "\(purpose.rawValue).\(key.keyID.hex.prefix(16)).key"
    }

    /// The purpose of a file that waits; nil for every other name.
    static func purpose(ofPending name: String) -> KeyCertificate.Purpose? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "key", parts[1].utf8.count == 16, Hex.decode(String(parts[1])) != nil else {
            return nil
        }
        return KeyCertificate.Purpose(rawValue: String(parts[0]))
    }

    /// The names of all files with signing keys that are here; those that wait first, because one may become the current
    /// one while they are read.
    func names() throws(ServiceError) -> [String] {
        try pendingNames() + [KeyCertificate.Purpose.event, .checkpoint].map(Self.name)
    }

    /// The names of the files whose keys wait to be certified, or to take the current one's place.
    func pendingNames() throws(ServiceError) -> [String] {
        do { return try DurableFile.names(in: path).filter { Self.purpose(ofPending: $0) != nil }.sorted() } catch {
            throw SmallFile.error(error)
        }
    }

    /// Every signing key that is here.
    func keys() throws(ServiceError) -> [Kept] {
        var kept: [Kept] = []
        for name in try names() { if let key = try self.kept(name) { kept.append(key) } }
        return kept
    }

    /// Those that can be used at the moment: a token may be out of reach.
    func usableKeys() throws(ServiceError) -> [Kept] {
        var kept: [Kept] = []
        for name in try names() {
            do throws(ServiceError) { if let key = try self.kept(name) { kept.append(key) } } catch {
                guard error.code.hasPrefix("token-") else { throw error }
            }
        }
        return kept
    }

    private func kept(_ name: String) throws(ServiceError) -> Kept? {
        guard let purpose = Self.purpose(ofPending: name) ?? KeyCertificate.Purpose(current: name),
            let signer = try KeyFile.read("\(path)/\(name)", with: access)
        else { return nil }
        return Kept(name: name, purpose: purpose, signer: signer)
    }

    /// How a key is kept.
    func kind(of kept: Kept) throws(ServiceError) -> KeyFile.Kind? { try KeyFile.kind("\(path)/\(kept.name)") }

    /// Makes a key that waits to be certified, on a token or else in a file: durable before anything is said of it.
    func make(_ purpose: KeyCertificate.Purpose, on token: String?) throws(ServiceError) -> Kept {
        let (signer, bytes): (any Signer, [UInt8])
        if let token {
            let label = "\(purpose.rawValue)-\(Hex.encode(SecureRandom.bytes(8)))"
            let made: TokenSigner
            do { made = try access.token(token).generate(label) } catch let error as TokenError {
                throw KeyAccess.failure(error, token)
            } catch { throw ServiceError(wrapping: error) }
            (signer, bytes) = (made, KeyFile.encode(made))
        } else {
            let seed = SecureRandom.secret(Ed25519.keyCount)
            do { signer = try Ed25519.PrivateKey(seed: seed) } catch { throw ServiceError(wrapping: error) }
            bytes = KeyFile.encode(seed, passphrase: try access.passphrase())
        }
        let name = Self.pendingName(purpose, signer.publicKey)
        try SmallFile.write(bytes, to: "\(path)/\(name)")
        return Kept(name: name, purpose: purpose, signer: signer)
    }

    /// Removes a key that was made and will not be certified.
    func discard(_ kept: Kept) {
        guard kept.isPending else { return }
        unsafe unlink("\(path)/\(kept.name)")
        if let signer = kept.signer as? TokenSigner { try? signer.token.remove(signer.object) }  // left over, of no use
    }

    /// Puts the keys that count from `size` on in their places, and removes those that were retired.
    ///
    /// A key that the log does not know stays: the log may be behind. Called where nobody rotates at the same time.
    func settle(_ certified: CertifiedKeys, size: UInt64) throws(ServiceError) {
        var isChanged = false
        for kept in try usableKeys() where kept.isPending {
            let key = kept.signer.publicKey
            let file = "\(path)/\(kept.name)"
            if certified.current(kept.purpose, at: size)?.key == key {
                // The one before is gone with this: it can sign nothing any longer that anybody accepts.
                guard unsafe rename(file, "\(path)/\(Self.name(kept.purpose))") == 0 else {
                    throw Home.failure("rename", file)
                }
                isChanged = true
            } else if certified.history.contains(where: {
                $0.purpose == kept.purpose && $0.key == key && $0.retiredAt != nil
            }) {
                guard unsafe unlink(file) == 0 || errno == ENOENT else { throw Home.failure("remove", file) }
                isChanged = true
            }
        }
        if isChanged { try SmallFile.synchronise(folder: path) }
    }
}

extension KeyCertificate.Purpose {
    /// The purpose of the file with a current key.
    init?(current name: String) {
        guard let purpose = [Self.event, .checkpoint].first(where: { KeyFolder.name($0) == name }) else { return nil }
        self = purpose
    }
}

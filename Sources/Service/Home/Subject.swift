import Crypto
import Records

/// A pseudonym with its secret, from which the keys that seal and commit are derived.
struct Subject: Sendable {
    let id: String
    private let dataKey: SecretBytes
    private let commitKey: SecretBytes

    init(id: String, secret: SecretBytes) {
        self.id = id
        dataKey = HKDF.derive(secret: secret, salt: [], info: Array("cxrledger data".utf8), count: 32)
        commitKey = HKDF.derive(secret: secret, salt: [], info: Array("cxrledger commit".utf8), count: 32)
    }

    /// Seals a small field; `context` says where it stands, so that it opens nowhere else.
    func seal(_ plain: [UInt8], context: String) -> SealedField {
        let ciphertext = AESGCM.seal(plain, key: dataKey, aad: Array("\(id) \(context)".utf8))
        return SealedField(subject: id, ciphertext: Base64.encode(ciphertext), commit: commit(plain).hex)
    }

    /// The plain text, or nil when this is not the subject, the context, or the text that was committed to.
    func open(_ field: SealedField, context: String) -> [UInt8]? {
        guard field.subject == id, let ciphertext = Base64.decode(field.ciphertext),
            let plain = try? AESGCM.open(ciphertext, key: dataKey, aad: Array("\(id) \(context)".utf8)),
            commit(plain).hex == field.commit
        else { return nil }
        return plain
    }

    /// Seals a picture: nonce, ciphertext and tag, as they lie in the blob.
    func sealImage(_ plain: [UInt8]) -> [UInt8] { AESGCM.seal(plain, key: dataKey, aad: Array("\(id) image".utf8)) }

    /// The picture, or nil when this is not its subject or it is not the one that was committed to.
    func openImage(_ blob: [UInt8], commit expected: String) -> [UInt8]? {
        guard let plain = try? AESGCM.open(blob, key: dataKey, aad: Array("\(id) image".utf8)),
            commit(plain).hex == expected
        else { return nil }
        return plain
    }

    /// The key that says which picture was committed to, to be given out with that picture: whoever has it can test
    /// guesses of what is committed to under this subject, but opens nothing.
    var exportedCommitKey: [UInt8] { commitKey.withBytes { Array($0) } }

    /// AES-GCM does not commit to its key, so a second, keyed digest does (HMAC-SHA256).
    func commit(_ plain: [UInt8]) -> Digest { HMACSHA256.authenticate(plain, key: commitKey) }
}

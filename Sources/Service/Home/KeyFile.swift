import Crypto
import PKCS11

/// Ed25519 private keys as files that OpenSSL reads too.
///
/// PKCS #8 in PEM (RFC 8410), sealed with a passphrase or not; or, for a key on a token, its address and public half. Mode
/// 0600.
enum KeyFile {
    /// The fixed DER before the 32 bytes of the seed (RFC 8410 section 7).
    private static let prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    /// How a key is kept.
    enum Kind: String { case file, sealed, token }

    /// The bytes of the file.
    static func encode(_ seed: SecretBytes, passphrase: SecretBytes? = nil) -> [UInt8] {
        if let passphrase, let sealed = try? SealedKeyFile.seal(seed, passphrase: passphrase) { return sealed }
        precondition(passphrase == nil, "a key of 32 bytes can be sealed")
        let body = Base64.encode(prefix + seed.withBytes { Array($0) })
        return Array("-----BEGIN PRIVATE KEY-----\n\(body)\n-----END PRIVATE KEY-----\n".utf8)
    }

    /// The same for a key on a token.
    static func encode(_ signer: TokenSigner) -> [UInt8] {
        Array("\(signer.address)\n\(Base64.encode(signer.publicKey.bytes))\n".utf8)
    }

    /// Reads a file; nil when there is none.
    ///
    /// - Throws: when the file is no such key, others than its owner may read it, or what opens it is missing or wrong.
    static func read(_ path: String, with access: KeyAccess = KeyAccess()) throws(ServiceError) -> (any Signer)? {
        guard let bytes = try SecretFile.read(path, limit: 4_096) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        if let first = lines.first, first.hasPrefix(TokenAddress.scheme) { return try tokenKey(lines, path, access) }
        if bytes.starts(with: SealedKeyFile.header.utf8) { return try sealedKey(bytes, path, access) }
        guard lines.count == 3, let der = Base64.decode(String(lines[1])), der.count == 48,
            Array(der.prefix(16)) == prefix,
            let key = try? Ed25519.PrivateKey(seed: SecretBytes(Array(der.suffix(32))))
        else { throw malformed(path) }
        return key
    }

    /// How the key of a file is kept; nil when there is none.
    static func kind(_ path: String) throws(ServiceError) -> Kind? {
        guard let bytes = try SecretFile.read(path, limit: 4_096) else { return nil }
        if bytes.starts(with: TokenAddress.scheme.utf8) { return .token }
        return bytes.starts(with: SealedKeyFile.header.utf8) ? .sealed : .file
    }

    private static func sealedKey(
        _ bytes: [UInt8], _ path: String, _ access: KeyAccess
    ) throws(ServiceError) -> any Signer {
        guard let passphrase = try access.passphrase() else {
            throw ServiceError(
                .unavailable, "key-sealed",
                "\(path) is sealed: name the file of its passphrase by CXRLEDGER_KEY_PASSPHRASE_FILE.")
        }
        guard let seed = try? SealedKeyFile.open(bytes, passphrase: passphrase),
            let key = try? Ed25519.PrivateKey(seed: seed)
        else {
            throw ServiceError(
                .unavailable, "key-passphrase", "\(path) does not open with the passphrase that was given.")
        }
        return key
    }

    private static func tokenKey(
        _ lines: [Substring], _ path: String, _ access: KeyAccess
    ) throws(ServiceError) -> any Signer {
        guard lines.count == 2, let address = TokenAddress(String(lines[0])), let object = address.object,
            let bytes = Base64.decode(String(lines[1])), let publicKey = try? Ed25519.PublicKey(bytes)
        else { throw malformed(path) }
        let token = try access.token(address.token)
        do { return try token.signer(object, publicKey: publicKey) } catch {
            throw KeyAccess.failure(error, address.token)
        }
    }

    private static func malformed(_ path: String) -> ServiceError {
        ServiceError(
            .unavailable, "key-malformed",
            "\(path) is no Ed25519 private key in PEM, nor the address of one on a token.")
    }
}

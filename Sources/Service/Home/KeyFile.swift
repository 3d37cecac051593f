import Crypto
import Glibc

/// Ed25519 private keys as files that OpenSSL reads too: PKCS #8 in PEM (RFC 8410), mode 0600.
enum KeyFile {
    /// The fixed DER before the 32 bytes of the seed (RFC 8410 section 7).
    private static let prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    /// The bytes of the file.
    static func encode(_ seed: SecretBytes) -> [UInt8] {
        let body = Base64.encode(prefix + seed.withBytes { Array($0) })
        return Array("-----BEGIN PRIVATE KEY-----\n\(body)\n-----END PRIVATE KEY-----\n".utf8)
    }

    /// - Throws: when the file is no such key, or others than its owner may read it.
    static func read(_ path: String) throws(ServiceError) -> Ed25519.PrivateKey? {
        guard let bytes = try SmallFile.read(path, limit: 4096) else { return nil }
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw ServiceError(.unavailable, "key-readable", "\(path) can be read by others; run `chmod 600` on it.")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 3, let der = Base64.decode(String(lines[1])), der.count == 48,
            Array(der.prefix(16)) == prefix,
            let key = try? Ed25519.PrivateKey(seed: SecretBytes(Array(der.suffix(32))))
        else { throw ServiceError(.unavailable, "key-malformed", "\(path) is no Ed25519 private key in PEM.") }
        return key
    }
}

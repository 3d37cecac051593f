import COpenSSL

/// Ed25519 private keys sealed with a passphrase: encrypted PKCS #8 in PEM, as `openssl pkey` reads it (RFC 8018, PBES2).
///
/// The passphrase is stretched by scrypt (RFC 7914) with N = 2¹⁴, r = 8, p = 5 and a random salt; the key is encrypted by
/// AES-256-CBC. Whether the passphrase was right shows in what comes out being a key, so compare its public half.
public enum SealedKeyFile {
    /// The first line of such a file.
    public static let header = "-----BEGIN ENCRYPTED PRIVATE KEY-----"

    /// Seals the seed of a key.
    ///
    /// - Throws: `.keyLength` for a seed of another length, or an empty passphrase.
    public static func seal(_ seed: SecretBytes, passphrase: SecretBytes) throws(CryptoError) -> [UInt8] {
        guard seed.count == Ed25519.keyCount, passphrase.count > 0 else { throw .keyLength }
        let key = unsafe seed.withPointer { unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, $0, seed.count) }
        defer { unsafe EVP_PKEY_free(key) }
        let plain = unsafe EVP_PKEY2PKCS8(key)
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(plain) }
        let scheme = unsafe PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nil, 0, nil, 1 << 14, 8, 5)
        let sealed = unsafe passphrase.withPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self, capacity: passphrase.count) {
                // Takes `scheme` over.
                unsafe PKCS8_set0_pbe($0, CInt(passphrase.count), plain, scheme)
            }
        }
        defer { unsafe X509_SIG_free(sealed) }
        let output = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free(output) }
        guard unsafe sealed != nil, unsafe PEM_write_bio_PKCS8(output, sealed) == 1 else {
            preconditionFailure("OpenSSL cannot seal a key")
        }
        var bytes = [UInt8](repeating: 0, count: Int(unsafe BIO_ctrl_pending(output)))
        let count = unsafe BIO_read(output, &bytes, CInt(bytes.count))
        precondition(count == bytes.count, "memory is read whole")
        return bytes
    }

    /// Opens a file.
    ///
    /// - Throws: `.authentication` when the passphrase is wrong, or the file is no such key.
    public static func open(_ file: [UInt8], passphrase: SecretBytes) throws(CryptoError) -> SecretBytes {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let sealed = unsafe file.withUnsafeBytes { bytes in
            let input = unsafe BIO_new_mem_buf(bytes.baseAddress, CInt(clamping: bytes.count))
            defer { unsafe BIO_free(input) }
            return unsafe PEM_read_bio_PKCS8(input, nil, nil, nil)
        }
        guard let sealed = unsafe sealed else { throw .authentication }
        defer { unsafe X509_SIG_free(sealed) }
        let plain = unsafe passphrase.withPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self, capacity: passphrase.count) {
                unsafe PKCS8_decrypt(sealed, $0, CInt(passphrase.count))
            }
        }
        guard let plain = unsafe plain else { throw .authentication }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(plain) }
        guard let key = unsafe EVP_PKCS82PKEY(plain) else { throw .authentication }
        defer { unsafe EVP_PKEY_free(key) }
        var count = Ed25519.keyCount
        guard unsafe EVP_PKEY_is_a(key, "ED25519") == 1 else { throw .authentication }
        var isRead = false
        let seed = unsafe SecretBytes(count: count) {
            isRead = unsafe EVP_PKEY_get_raw_private_key(key, $0, &count) == 1 && count == Ed25519.keyCount
        }
        guard isRead else { throw .authentication }
        return seed
    }
}

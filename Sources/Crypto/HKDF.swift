import COpenSSL

/// HKDF with SHA-256 (RFC 5869).
public enum HKDF {
    /// The most bytes that one derivation can give.
    public static let maximumCount = 255 * Digest.count

    /// Derives a key; `info` says what it is for, so that keys for different uses are independent.
    public static func derive(secret: SecretBytes, salt: [UInt8], info: [UInt8], count: Int) -> SecretBytes {
        precondition((1...maximumCount).contains(count), "HKDF gives 1 to 8160 bytes")
        return unsafe SecretBytes(count: count) { output in
            let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil)
            defer { unsafe EVP_PKEY_CTX_free(context) }
            var length = count
            let isDerived = unsafe secret.withPointer { key in
                unsafe EVP_PKEY_derive_init(context) == 1
                    && EVP_PKEY_CTX_set_hkdf_md(context, DigestContext.sha256) == 1
                    && EVP_PKEY_CTX_set1_hkdf_salt(context, salt, Int32(salt.count)) == 1
                    && EVP_PKEY_CTX_set1_hkdf_key(
                        context, key, Int32(secret.count)) == 1
                    && EVP_PKEY_CTX_add1_hkdf_info(context, info, Int32(info.count)) == 1
                    && EVP_PKEY_derive(context, output, &length) == 1
            }
            precondition(isDerived && length == count, "HKDF failed")
        }
    }
}

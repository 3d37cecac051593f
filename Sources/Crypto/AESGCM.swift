import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with a random nonce: seals images and fields so that any change is noticed.
///
/// Sealed bytes: nonce (12), ciphertext (as long as the plain text), tag (16).
public enum AESGCM {
    /// The length of a key in bytes.
    public static let keyCount = 32
    /// How many bytes sealing adds.
    public static let overhead = nonceCount + tagCount

    static let nonceCount = 12
    static let tagCount = 16

    @safe private enum Cipher {
        // Made once and never changed: OpenSSL's fetched algorithms may be used by any thread (EVP_CIPHER_fetch(3)).
        nonisolated(unsafe) static let aes256 = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    }

    /// Seals bytes; `aad` is not hidden, but opening needs the same.
    ///
    /// The key must have 32 bytes and seal fewer than 2³² times; the plain text is at most 2 GiB.
    public static func seal(_ plaintext: [UInt8], key: SecretBytes, aad: [UInt8] = []) -> [UInt8] {
        seal(plaintext, key: key, aad: aad, nonce: SecureRandom.bytes(nonceCount))
    }

    /// Opens what `seal` gave.
    ///
    /// - Throws: `.authentication` when the bytes were changed or belong to another key or `aad`; `.keyLength`.
    public static func open(_ sealed: [UInt8], key: SecretBytes, aad: [UInt8] = []) throws(CryptoError) -> [UInt8] {
        guard key.count == keyCount else { throw .keyLength }
        guard sealed.count >= overhead, sealed.count <= Int32.max, aad.count <= Int32.max else { throw .authentication }
        let count = sealed.count - overhead
        var isAuthentic = false
        let plaintext = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            isAuthentic = unsafe sealed.withUnsafeBytes { sealed in
                unsafe run(
                    encrypting: false, key: key, aad: aad,
                    nonce: UnsafeRawBufferPointer(rebasing: sealed[..<nonceCount]),
                    input: UnsafeRawBufferPointer(rebasing: sealed[nonceCount..<nonceCount + count]),
                    output: UnsafeMutableRawBufferPointer(output),
                    tag: UnsafeMutableRawPointer(mutating: sealed.baseAddress.map { unsafe $0 + nonceCount + count }))
            }
            initialized = isAuthentic ? count : 0
        }
        guard isAuthentic else { throw .authentication }
        return plaintext
    }

    /// Seals under a given nonce, which must never be used twice with a key: for published test cases.
    package static func seal(_ plaintext: [UInt8], key: SecretBytes, aad: [UInt8], nonce: [UInt8]) -> [UInt8] {
        precondition(key.count == keyCount && nonce.count == nonceCount, "AES-256-GCM takes 32 and 12 bytes")
        precondition(plaintext.count <= Int(Int32.max) - overhead && aad.count <= Int32.max, "more than 2 GiB")
        return unsafe [UInt8](unsafeUninitializedCapacity: plaintext.count + overhead) { sealed, initialized in
            unsafe UnsafeMutableRawBufferPointer(sealed).copyBytes(from: nonce)
            let isSealed = unsafe plaintext.withUnsafeBytes { plaintext in
                unsafe nonce.withUnsafeBytes { nonce in
                    let whole = UnsafeMutableRawBufferPointer(sealed)
                    let body = unsafe UnsafeMutableRawBufferPointer(rebasing: whole[nonceCount...])
                    return unsafe run(
                        encrypting: true, key: key, aad: aad, nonce: nonce, input: plaintext, output: body,
                        tag: body.baseAddress.map { unsafe $0 + plaintext.count })
                }
            }
            precondition(isSealed, "AES-256-GCM cannot seal")
            initialized = plaintext.count + overhead
        }
    }

    /// Runs the cipher over `input`; sealing writes the tag, opening checks it.
    private static func run(
        encrypting: Bool, key: SecretBytes, aad: [UInt8], nonce: UnsafeRawBufferPointer, input: UnsafeRawBufferPointer,
        output: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer?
    ) -> Bool {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { return false }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        let target = unsafe output.bindMemory(to: UInt8.self).baseAddress
        let isStarted = unsafe key.withPointer { key in
            unsafe EVP_CipherInit_ex2(
                context, Cipher.aes256, key,
                nonce.bindMemory(to: UInt8.self).baseAddress, encrypting ? 1 : 0, nil) == 1
        }
        guard isStarted else { return false }
        var written: Int32 = 0
        if !aad.isEmpty, unsafe EVP_CipherUpdate(context, nil, &written, aad, Int32(aad.count)) != 1 { return false }
        if unsafe !input.isEmpty {
            let source = unsafe input.bindMemory(to: UInt8.self).baseAddress
            let status = unsafe EVP_CipherUpdate(context, target, &written, source, Int32(input.count))
            guard status == 1 else { return false }
        }
        let tagLength = Int32(tagCount)
        if !encrypting, unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tagLength, tag) != 1 { return false }
        // GCM has no last block: nothing is written here, but opening compares the tag.
        var last = [UInt8](repeating: 0, count: tagCount)
        guard unsafe EVP_CipherFinal_ex(context, &last, &written) == 1 else { return false }
        return unsafe !encrypting || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tagLength, tag) == 1
    }
}

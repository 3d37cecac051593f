import COpenSSL

/// Whom a time stamp is believed from: certificates of authorities.
public struct TimestampAuthorities: Sendable {
    /// PEM; nil for those that the system trusts.
    private let pem: [UInt8]?

    /// Those that the system trusts.
    public static let system = TimestampAuthorities(checked: nil)

    private init(checked pem: [UInt8]?) { self.pem = pem }

    /// Takes certificates in PEM; text between them is ignored.
    ///
    /// - Throws: `.authorities` when there is none, `.tooLarge` above 1 MiB.
    public init(pem: [UInt8]) throws(TimestampError) {
        guard pem.count <= 1 << 20 else { throw .tooLarge }
        self.init(checked: pem)
        guard let store = unsafe try makeStore() else { throw .authorities }
        unsafe X509_STORE_free(store)
    }

    /// A store of the certificates, which the caller frees; nil when the library has no memory.
    func makeStore() throws(TimestampError) -> OpaquePointer? {
        guard let store = unsafe X509_STORE_new() else { return nil }
        guard let pem else {
            unsafe X509_STORE_set_default_paths(store)
            return unsafe store
        }
        let count = unsafe pem.withUnsafeBytes { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return 0 }
            defer { unsafe BIO_free(bio) }
            var count = 0
            // Never asks anybody for a passphrase: what is encrypted is no certificate.
            while let certificate = unsafe PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil) {
                defer { unsafe X509_free(certificate) }
                if unsafe X509_STORE_add_cert(store, certificate) == 1 { count += 1 }
            }
            return count
        }
        ERR_clear_error()  // the end of the file is an error to the library
        guard count > 0 else {
            unsafe X509_STORE_free(store)
            throw .authorities
        }
        return unsafe store
    }
}

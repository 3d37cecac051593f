import COpenSSL

/// SHA-256 in steps, for what is not in memory at once; not to be shared between threads.
@safe public final class SHA256Hasher {
    private let context: OpaquePointer

    /// Starts a hash.
    public init() {
        unsafe context = DigestContext.make()
        unsafe SHA256.start(context)
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Adds bytes at the end.
    public func update(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe SHA256.add($0, to: context) } }

    /// Adds borrowed bytes at the end.
    public func update(_ bytes: Span<UInt8>) { unsafe bytes.withUnsafeBytes { unsafe SHA256.add($0, to: context) } }

    /// Ends the hash and starts the next one.
    public func finalize() -> Digest {
        let digest = unsafe SHA256.finish(context)
        unsafe SHA256.start(context)
        return digest
    }
}

import COpenSSL
import Glibc

/// OpenSSL's digest contexts: one per thread for one-shot hashes, since making one costs more than a short hash.
@safe enum DigestContext {
    /// The implementations, fetched once; OpenSSL's own fetch per hash halves the speed.
    // Made once and never changed: fetched algorithms may be used by any thread (EVP_MD_fetch(3)).
    nonisolated(unsafe) static let sha256 = unsafe fetch("SHA256")
    nonisolated(unsafe) static let md5 = unsafe fetch("MD5")

    private static func fetch(_ name: String) -> OpaquePointer {
        guard let algorithm = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("this OpenSSL has no \(name)")
        }
        return unsafe algorithm
    }

    private static let threadKey: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key) { unsafe EVP_MD_CTX_free(OpaquePointer($0)) }
        precondition(status == 0, "no thread-specific key is left")
        return key
    }()

    /// A new context, to be freed by the caller.
    static func make() -> OpaquePointer {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        return unsafe context
    }

    /// The calling thread's own context; whoever uses it must be done before calling anything else that does.
    static func ofThread() -> OpaquePointer {
        if let known = unsafe pthread_getspecific(threadKey) { return OpaquePointer(known) }
        let context = unsafe make()
        let status = unsafe pthread_setspecific(threadKey, UnsafeRawPointer(context))
        precondition(status == 0, "out of memory")
        return unsafe context
    }
}

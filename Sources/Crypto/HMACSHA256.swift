import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The authentication code of a message under a secret key.
    public static func authenticate(_ message: [UInt8], key: SecretBytes) -> Digest {
        unsafe key.withPointer { unsafe authenticate(message, key: $0, count: key.count) }
    }

    /// The authentication code under a key that is in ordinary memory.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> Digest {
        unsafe authenticate(message, key: key, count: key.count)
    }

    private static func authenticate(_ message: [UInt8], key: UnsafePointer<UInt8>, count: Int) -> Digest {
        precondition(count <= Int32.max, "a key of more than 2 GiB")
        return unsafe Digest { code in
            let result = unsafe HMAC(
                DigestContext.sha256, key, Int32(count), message, message.count,
                code.bindMemory(to: UInt8.self).baseAddress, nil)
            let isDone = unsafe result != nil
            precondition(isDone, "HMAC-SHA256 failed")
        }
    }
}

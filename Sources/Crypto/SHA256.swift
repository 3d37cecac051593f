import COpenSSL

/// SHA-256 (FIPS 180-4) in one call.
public enum SHA256 {
    /// Hashes an array.
    public static func hash(_ bytes: [UInt8]) -> Digest {
        unsafe digest { context in unsafe bytes.withUnsafeBytes { unsafe add($0, to: context) } }
    }

    /// Hashes borrowed bytes.
    public static func hash(_ bytes: Span<UInt8>) -> Digest {
        unsafe digest { context in unsafe bytes.withUnsafeBytes { unsafe add($0, to: context) } }
    }

    /// Hashes the parts as if they stood one after the other.
    public static func hash(_ first: [UInt8], _ second: [UInt8], _ more: [UInt8]...) -> Digest {
        unsafe digest { context in
            for part in [first, second] + more { unsafe part.withUnsafeBytes { unsafe add($0, to: context) } }
        }
    }

    /// Hashes one byte followed by an array: the domain separation of RFC 6962.
    public static func hash(prefix: UInt8, _ bytes: [UInt8]) -> Digest { hash(prefix: prefix, bytes.span) }

    /// The same of borrowed bytes.
    public static func hash(prefix: UInt8, _ bytes: Span<UInt8>) -> Digest {
        unsafe digest { context in
            unsafe withUnsafeBytes(of: prefix) { unsafe add($0, to: context) }
            unsafe bytes.withUnsafeBytes { unsafe add($0, to: context) }
        }
    }

    /// Hashes one byte followed by two digests.
    public static func hash(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        // One piece of 65 bytes: three are noticeably slower, and a tree has as many nodes as leaves.
        unsafe withUnsafeTemporaryAllocation(byteCount: 1 + 2 * Digest.count, alignment: 8) { bytes in
            unsafe bytes[0] = prefix
            unsafe left.withRawBytes { unsafe bytes[1..<33].copyBytes(from: $0) }
            unsafe right.withRawBytes { unsafe bytes[33..<65].copyBytes(from: $0) }
            return unsafe digest { context in unsafe add(UnsafeRawBufferPointer(bytes), to: context) }
        }
    }

    private static func digest(_ body: (OpaquePointer) -> Void) -> Digest {
        let context = unsafe DigestContext.ofThread()
        unsafe start(context)
        unsafe body(context)
        return unsafe finish(context)
    }

    // With a valid context and algorithm these three cannot fail; should they ever, going on would forge a digest.

    static func start(_ context: OpaquePointer) {
        let status = unsafe EVP_DigestInit_ex2(context, DigestContext.sha256, nil)
        precondition(status == 1, "SHA-256 cannot start")
    }

    static func add(_ bytes: UnsafeRawBufferPointer, to context: OpaquePointer) {
        let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(status == 1, "SHA-256 cannot go on")
    }

    static func finish(_ context: OpaquePointer) -> Digest {
        unsafe Digest { raw in
            let status = unsafe EVP_DigestFinal_ex(context, raw.bindMemory(to: UInt8.self).baseAddress, nil)
            precondition(status == 1, "SHA-256 cannot end")
        }
    }
}

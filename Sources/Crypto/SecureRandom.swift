import CSodium

/// Random bytes from the kernel's generator.
public enum SecureRandom {
    /// Bytes for nonces, salts and identifiers.
    public static func bytes(_ count: Int) -> [UInt8] {
        Sodium.start()
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }

    /// Bytes for keys, which never exist outside guarded memory.
    public static func secret(_ count: Int) -> SecretBytes {
        unsafe SecretBytes(count: count) { unsafe randombytes_buf($0, count) }
    }
}

import CSodium

/// Compares two byte strings in a time that depends on their lengths only.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBytes { left in
        unsafe right.withUnsafeBytes { right in
            unsafe left.isEmpty || sodium_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}

/// Compares two digests in constant time.
public func constantTimeEqual(_ left: Digest, _ right: Digest) -> Bool {
    unsafe left.withRawBytes { left in
        unsafe right.withRawBytes { right in
            unsafe sodium_memcmp(left.baseAddress, right.baseAddress, Digest.count) == 0
        }
    }
}

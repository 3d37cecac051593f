import COpenSSL

/// MD5 (RFC 1321): no security, only the sum that operators compare model files by.
public enum MD5 {
    /// The sum as 32 lower-case hexadecimal digits.
    public static func hash(_ bytes: [UInt8]) -> String {
        var sum = [UInt8](repeating: 0, count: 16)
        let status = unsafe bytes.withUnsafeBytes {
            unsafe EVP_Digest($0.baseAddress, $0.count, &sum, nil, DigestContext.md5, nil)
        }
        precondition(status == 1, "MD5 failed")
        return Hex.encode(sum)
    }
}

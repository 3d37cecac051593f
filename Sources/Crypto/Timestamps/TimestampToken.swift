import COpenSSL
import Glibc

/// The word of a time-stamp authority that a digest existed at a time: a `TimeStampToken` of RFC 3161.
///
/// Verified by itself, without the network, years later: the certificates are judged as of the time in the token. That
/// the signer's certificate was revoked meanwhile, nobody can see from it.
public struct TimestampToken: Hashable, Sendable {
    /// The most bytes of a token or an answer that are read.
    public static let maximumSize = 1 << 14

    /// As the authority sent it.
    public let der: [UInt8]
    /// What was stamped: a SHA-256 digest.
    public let imprint: Digest
    /// The authority's time, UTC: `YYYY-MM-DDTHH:MM:SS.ffffffZ`; finer digits are cut off.
    public let time: String
    /// Seconds since 1970.
    private let seconds: Int
    private let nonce: UInt64?

    /// Reads a token; no signature is verified yet.
    ///
    /// - Throws: `.malformed` or `.tooLarge`.
    public init(der: [UInt8]) throws(TimestampError) {
        guard der.count <= Self.maximumSize else { throw .tooLarge }
        guard let token = unsafe Self.decode(der) else { throw .malformed }
        defer { unsafe PKCS7_free(token) }
        try unsafe self.init(der: der, token)
    }

    private init(der: [UInt8], _ token: UnsafeMutablePointer<PKCS7>) throws(TimestampError) {
        defer { ERR_clear_error() }
        guard let content = unsafe PKCS7_to_TS_TST_INFO(token) else { throw .malformed }
        defer { unsafe TS_TST_INFO_free(content) }
        guard let imprint = unsafe Self.imprint(of: content), let time = unsafe Self.time(of: content) else {
            throw .malformed
        }
        self.der = der
        self.imprint = imprint
        (self.time, seconds) = time
        var nonce: UInt64 = 0
        let hasNonce = unsafe TS_TST_INFO_get_nonce(content).map { unsafe ASN1_INTEGER_get_uint64(&nonce, $0) == 1 }
        self.nonce = hasNonce == true ? nonce : nil
    }

    /// Takes the token out of an answer to a request; its signature is not verified yet.
    ///
    /// - Throws: `.malformed`, `.tooLarge`, `.refused`, or `.mismatch` for an answer to another request.
    public init(answer bytes: [UInt8], to request: TimestampRequest) throws(TimestampError) {
        guard bytes.count <= Self.maximumSize else { throw .tooLarge }
        defer { ERR_clear_error() }
        let decoded: OpaquePointer? = unsafe bytes.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            let answer = unsafe d2i_TS_RESP(nil, &start, bytes.count)
            guard unsafe start == bytes.baseAddress.map({ unsafe $0 + bytes.count }) else {
                unsafe TS_RESP_free(answer)
                return nil
            }
            return unsafe answer
        }
        guard let answer = unsafe decoded else { throw .malformed }
        defer { unsafe TS_RESP_free(answer) }
        let status = unsafe TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(answer))
        // granted, or granted with modifications (section 2.4.2)
        guard unsafe [0, 1].contains(ASN1_INTEGER_get(status)) else { throw .refused }
        guard let token = unsafe TS_RESP_get_token(answer), let der = unsafe Self.encode(token) else {
            throw .malformed
        }
        try self.init(der: der)
        guard imprint == request.imprint, nonce == request.nonce else { throw .mismatch }
    }

    /// Verifies that a trusted authority stamped a digest.
    ///
    /// - Throws: `.mismatch` for another digest, `.untrusted`, `.authorities`.
    public func verify(imprint: Digest, authorities: TimestampAuthorities) throws(TimestampError) {
        guard imprint == self.imprint else { throw .mismatch }
        defer { ERR_clear_error() }
        guard let token = unsafe Self.decode(der) else { throw .malformed }
        defer { unsafe PKCS7_free(token) }
        guard let context = unsafe TS_VERIFY_CTX_new() else { throw .untrusted }
        defer { unsafe TS_VERIFY_CTX_free(context) }
        guard let store = unsafe try authorities.makeStore() else { throw .untrusted }
        // A certificate that has run out since was good when it signed.
        unsafe X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), seconds)
        unsafe TS_VERIFY_CTX_set_store(context, store)  // which frees it
        unsafe TS_VERIFY_CTX_set_flags(context, Int32(TS_VFY_VERSION | TS_VFY_SIGNATURE))
        guard unsafe TS_RESP_verify_token(context, token) == 1 else { throw .untrusted }
    }

    private static func decode(_ der: [UInt8]) -> UnsafeMutablePointer<PKCS7>? {
        defer { ERR_clear_error() }
        return unsafe der.withUnsafeBufferPointer { der in
            var start = der.baseAddress
            let token = unsafe d2i_PKCS7(nil, &start, der.count)
            guard unsafe start == der.baseAddress.map({ unsafe $0 + der.count }) else {
                unsafe PKCS7_free(token)
                return nil
            }
            return unsafe token
        }
    }

    private static func encode(_ token: UnsafeMutablePointer<PKCS7>) -> [UInt8]? {
        let count = unsafe i2d_PKCS7(token, nil)
        guard count > 0, Int(count) <= maximumSize else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            var start = bytes.baseAddress
            return unsafe i2d_PKCS7(token, &start)
        }
        return written == count ? bytes : nil
    }

    /// The digest that is stamped, when it is one of SHA-256.
    private static func imprint(of content: OpaquePointer) -> Digest? {
        guard let imprint = unsafe TS_TST_INFO_get_msg_imprint(content) else { return nil }
        var algorithm: OpaquePointer?
        unsafe X509_ALGOR_get0(&algorithm, nil, nil, TS_MSG_IMPRINT_get_algo(imprint))
        guard unsafe OBJ_obj2nid(algorithm) == NID_sha256, let message = unsafe TS_MSG_IMPRINT_get_msg(imprint) else {
            return nil
        }
        return unsafe Digest(bytes: bytes(of: message))
    }

    /// The time, as text and in seconds.
    private static func time(of content: OpaquePointer) -> (text: String, seconds: Int)? {
        guard let time = unsafe TS_TST_INFO_get_time(content) else { return nil }
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        // YYYYMMDDhhmmss[.s…]Z (RFC 3161 section 2.4.2)
        let digits = unsafe bytes(of: time)
        guard digits.count >= 15, digits.prefix(14).allSatisfy({ 0x30...0x39 ~= $0 }), digits.last == UInt8(ascii: "Z")
        else { return nil }
        let fraction = digits[14..<digits.count - 1]
        guard fraction.isEmpty || fraction.first == UInt8(ascii: "."),
            fraction.dropFirst().allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let micros = (Array(fraction.dropFirst()) + Array("000000".utf8)).prefix(6)
        let text =
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))."
            + String(decoding: micros, as: UTF8.self) + "Z"
        return (text, unsafe timegm(&parts))
    }

    private static func bytes(of string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        let count = unsafe Int(ASN1_STRING_length(string))
        return unsafe Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: count))
    }
}

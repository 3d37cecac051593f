import CCurl

/// Owns one easy handle of the library for one request; used on one thread.
@safe final class EasyRequest {
    private let handle: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let transfer: Transfer
    private let method: String

    /// The library must be initialised once, before any thread uses it.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Prepares a request.
    init(_ method: String, _ url: String, timeout: Duration, transfer: Transfer) throws(HTTPClientError) {
        guard Self.isReady, let handle = unsafe curl_easy_init() else {
            throw HTTPClientError(.broken, "curl_easy_init failed")
        }
        unsafe self.handle = handle
        (self.transfer, self.method) = (transfer, method)
        guard !method.isEmpty, method.utf8.allSatisfy({ Self.isToken($0) }), Self.isClean(url) else {
            throw HTTPClientError(.invalidRequest, "method or address")
        }
        let (seconds, attoseconds) = timeout.components
        let milliseconds = max(1, Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue))
        let limit = milliseconds + Int(attoseconds / 1_000_000_000_000_000)
        try set(CURLOPT_URL, url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_NOSIGNAL, 1)  // signals would hit other threads
        try set(CURLOPT_TIMEOUT_MS, limit)
        try set(CURLOPT_CONNECTTIMEOUT_MS, min(limit, 10_000))
        try observe()
    }

    deinit {
        unsafe curl_slist_free_all(fields)
        unsafe curl_easy_cleanup(handle)
    }

    /// Adds header fields; a line end in one is refused, as it would smuggle in another.
    func add(_ headers: [(String, String)]) throws(HTTPClientError) {
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy({ Self.isToken($0) }), Self.isClean(value) else {
                throw HTTPClientError(.invalidRequest, "header field \(name.debugDescription)")
            }
            // "Name;" is the library's way of writing a field without a value; "Name:" would remove it.
            let line = value.isEmpty ? "\(name);" : "\(name): \(value)"
            guard let longer = unsafe curl_slist_append(fields, line) else {
                throw HTTPClientError(.broken, "out of memory")
            }
            unsafe fields = longer
        }
        unsafe try check(ccurl_set_headers(handle, fields))
    }

    /// Ends with `.timedOut` when nothing moved for so long, in whole seconds, at least one.
    func giveUp(afterNothingFor patience: Duration) throws(HTTPClientError) {
        let seconds = max(1, Int(clamping: patience.components.seconds))
        try set(CURLOPT_LOW_SPEED_LIMIT, 1)  // byte a second
        try set(CURLOPT_LOW_SPEED_TIME, seconds)
        try set(CURLOPT_CONNECTTIMEOUT_MS, seconds * 1_000)
    }

    /// Trusts the authorities of a PEM file only.
    func trust(_ file: String) throws(HTTPClientError) { try set(CURLOPT_CAINFO, file) }

    /// Signs the request for an S3-compatible store.
    func sign(_ signature: AWSSignature) throws(HTTPClientError) {
        try set(CURLOPT_AWS_SIGV4, "aws:amz:\(signature.region):\(signature.service)")
        try set(CURLOPT_USERNAME, signature.accessKey)
        try set(CURLOPT_PASSWORD, signature.secretKey)
    }

    /// Sends the request and collects the answer; blocks.
    func perform(body: [UInt8]?) throws(HTTPClientError) -> HTTPClientResponse {
        let isEmptyUpload = body == nil && ["POST", "PUT", "PATCH"].contains(method)
        // The library reads the bytes until `curl_easy_perform` returns, so they are lent for exactly that long.
        let status = unsafe (body ?? []).withUnsafeBytes { bytes in
            if body != nil || isEmptyUpload {
                unsafe _ = ccurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
                let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                unsafe _ =
                    start.map { unsafe ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, $0) }
                    ?? ccurl_set_text(handle, CURLOPT_POSTFIELDS, "")
            }
            // After the body, which sets the method to POST; a HEAD must not wait for a body.
            if method == "HEAD" { unsafe _ = ccurl_set_long(handle, CURLOPT_NOBODY, 1) }
            unsafe _ = ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, method)
            return unsafe curl_easy_perform(handle)
        }
        let received = transfer.current
        try check(status, received)
        // The library takes a status line for an answer when the connection breaks after it.
        guard received.isHeaderWhole else { throw HTTPClientError(.broken, "the header was cut off") }
        var code = 0
        unsafe try check(ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &code))
        return HTTPClientResponse(status: code, headers: received.fields, body: received.body)
    }

    /// Lets the transfer see what arrives and stop it; it outlives the handle.
    private func observe() throws(HTTPClientError) {
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        unsafe try check(ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        unsafe try check(ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context))
        unsafe try check(ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, context))
        unsafe try check(
            ccurl_set_transfer(handle, CURLOPT_WRITEFUNCTION) { start, size, count, context in
                let bytes = unsafe UnsafeRawBufferPointer(start: start, count: size * count)
                return unsafe EasyRequest.transfer(context)?.receive(bytes) == true ? bytes.count : 0
            })
        unsafe try check(
            ccurl_set_transfer(handle, CURLOPT_HEADERFUNCTION) { start, size, count, context in
                let bytes = unsafe UnsafeRawBufferPointer(start: start, count: size * count)
                return unsafe EasyRequest.transfer(context)?.receive(line: bytes) == true ? bytes.count : 0
            })
        unsafe try check(
            ccurl_set_progress(handle) { context, _, _, _, _ in
                unsafe EasyRequest.transfer(context)?.isCancelled == false ? 0 : 1
            })
        try set(CURLOPT_NOPROGRESS, 0)
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        unsafe try check(ccurl_set_long(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        unsafe try check(ccurl_set_text(handle, option, value))
    }

    private func check(_ status: CURLcode, _ received: Transfer.State? = nil) throws(HTTPClientError) {
        guard status != CURLE_OK else { return }
        let code: HTTPClientError.Code =
            switch status {
            case _ where received?.isTooLarge == true: .responseTooLarge
            case _ where received?.isCancelled == true: .cancelled
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .unreachable
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR: .untrusted
            default: .broken
            }
        throw HTTPClientError(code, unsafe String(cString: curl_easy_strerror(status)))
    }

    /// `tchar` of RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 } }
}

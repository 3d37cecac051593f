import Dispatch

/// Sends requests to other servers.
///
/// Certificates are verified, redirects are not followed, and only `http` and `https` are spoken. Each request has its
/// own connection and blocks a thread of its own, none of the cooperative ones.
public final class HTTPClient: Sendable {
    private let timeout: Duration
    private let patience: Duration?
    private let maximumResponseBytes: Int
    private let certificateAuthorities: String?

    /// Creates a client.
    ///
    /// `timeout` bounds a whole request, `patience`, in whole seconds, how long nothing may move;
    /// `certificateAuthorities` is a PEM file to trust instead of the system's.
    public init(
        timeout: Duration = .seconds(30), patience: Duration? = nil, maximumResponseBytes: Int = 64 << 20,
        certificateAuthorities: String? = nil
    ) {
        (self.timeout, self.patience, self.maximumResponseBytes) = (timeout, patience, maximumResponseBytes)
        self.certificateAuthorities = certificateAuthorities
    }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// - Throws: `.invalidRequest`, `.unreachable`, `.untrusted`, `.timedOut`, `.responseTooLarge`, `.broken`, or
    ///   `.cancelled` soon after the task is cancelled.
    public func send(
        _ method: String, url: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        signature: AWSSignature? = nil
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let transfer = Transfer(maximumBytes: maximumResponseBytes)
        let result: Result<HTTPClientResponse, HTTPClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A serial queue gets a thread at once; a concurrent one waits while as many as there are cores block.
                DispatchQueue(label: "http-client").async { [timeout, patience, certificateAuthorities] in
                    continuation.resume(
                        returning: Result { () throws(HTTPClientError) in
                            let request = try EasyRequest(method, url, timeout: timeout, transfer: transfer)
                            if let patience { try request.giveUp(afterNothingFor: patience) }
                            try request.add(headers)
                            if let certificateAuthorities { try request.trust(certificateAuthorities) }
                            if let signature { try request.sign(signature) }
                            return try request.perform(body: body)
                        })
                }
            }
        } onCancel: {
            transfer.cancel()
        }
        return try result.get()
    }

    /// Sends a form with files.
    public func upload(
        _ form: MultipartUpload, to url: String, headers: [(String, String)] = []
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        try await send("POST", url: url, headers: headers + [("Content-Type", form.contentType)], body: form.body)
    }
}

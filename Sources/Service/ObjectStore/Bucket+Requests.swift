import Crypto
import HTTPClient
import Storage

extension HTTPClient {
    /// Sends a request that is signed for a bucket (by libcurl, AWS Signature Version 4).
    func send(
        _ method: String, _ address: String, of bucket: Bucket, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        // libcurl 7.88 signs the digest of the body that it finds in this field, and adds none itself.
        let digest = [("X-Amz-Content-Sha256", SHA256.hash(body ?? []).hex)]
        return try await send(
            method, url: address, headers: headers + digest, body: body, signature: bucket.signature)
    }
}

extension Bucket {
    /// What a request amounts to that brought no answer.
    func failure(_ method: String, _ error: HTTPClientError) -> StorageError {
        StorageError(.unavailable, detail: "\(method) to \(title): \(error.debugDescription)")
    }

    /// What an answer amounts to that is not the one that is wanted.
    ///
    /// The store's own code is told, never its sentence, which repeats what it was sent.
    func failure(_ method: String, _ response: HTTPClientResponse) -> StorageError {
        let code = ObjectListing.code(of: response.body) ?? ""
        let kind: StorageError.Code =
            switch response.status {
            case 404: code == "NoSuchBucket" ? .bucketMissing : .missing
            case 408, 409, 429: .unavailable
            case 300..<500: .refused
            case 507: .full
            default: .unavailable
            }
        return StorageError(kind, detail: "\(method) to \(title): \(response.status) \(code)")
    }
}

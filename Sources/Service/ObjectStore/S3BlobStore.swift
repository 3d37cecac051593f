import Crypto
import HTTPClient
import Storage

/// Blobs as objects `<folder>/aa/<hex digest>` of an S3-compatible store, laid out as in a home.
///
/// A blob is durable once its `PUT` was answered with 200; the store checks the signed digest of what arrived. It is put
/// only where none is (`If-None-Match`), by stores that know that. Whatever may help is tried again a few times, for a few
/// seconds.
final class S3BlobStore: BlobStore {
    /// How often something is tried, and the pause after the first time; each further one is three times as long.
    private static let attempts = 4
    private static let pause = Duration.milliseconds(100)
    /// What a store answers that would do it at another moment.
    private static let passing: Set = [408, 409, 429, 500, 502, 503, 504]
    /// The largest model that is read at the start.
    private static let maximumBytes = 1 << 30
    private static let emptyBlob = SHA256.hash([])
    let failsAsAWhole = true

    private let bucket: Bucket
    private let folder: String
    private let patience: Duration
    private let client: HTTPClient

    /// Begins no attempt later than `patience` after the first, and waits so long for a store that goes silent.
    init(_ bucket: Bucket, folder: String, patience: Duration = .seconds(10)) {
        (self.bucket, self.folder, self.patience) = (bucket, folder, patience)
        client = HTTPClient(timeout: .seconds(600), patience: patience, maximumResponseBytes: Self.maximumBytes)
    }

    func put(_ bytes: [UInt8]) async throws(StorageError) -> Digest {
        let name = SHA256.hash(bytes)
        if try await putNew(bytes, as: name, attempts: Self.attempts) { return name }
        // It is there. One that is whole stays, one that was damaged is put right.
        do {
            _ = try await get(name)
            return name
        } catch { guard error.code == .corrupt || error.code == .missing else { throw error } }
        try await replace(bytes, as: name, attempts: Self.attempts)
        return name
    }

    func get(_ name: Digest) async throws(StorageError) -> [UInt8] {
        let response = try await send("GET", name, attempts: Self.attempts)
        guard response.status == 200 else { throw bucket.failure("GET", response) }
        guard SHA256.hash(response.body) == name else {
            throw StorageError(.corrupt, detail: "\(place(of: name)), \(response.body.count) bytes")
        }
        return response.body
    }

    func contains(_ name: Digest) async throws(StorageError) -> Bool {
        let response = try await send("HEAD", name, attempts: Self.attempts)
        guard response.status != 404 else { return false }
        guard response.status == 200 else { throw bucket.failure("HEAD", response) }
        return true
    }

    func probe(forWriting: Bool) async throws(StorageError) {
        if forWriting {
            _ = try await putNew([], as: Self.emptyBlob, attempts: 1)
        } else {
            let response = try await send("GET", Self.emptyBlob, attempts: 1)
            guard response.status != 200 else { return }
            let failure = bucket.failure("GET", response)
            guard failure.code == .missing else { throw failure }
        }
    }

    func place(of name: Digest) -> String { bucket.title + key(name) }

    private func key(_ name: Digest) -> String { "\(folder)/\(name.hex.prefix(2))/\(name.hex)" }

    /// Puts a blob where none is.
    ///
    /// - Returns: false when one is there.
    private func putNew(_ bytes: [UInt8], as name: Digest, attempts: Int) async throws(StorageError) -> Bool {
        let response = try await send("PUT", name, ("If-None-Match", "*"), bytes, attempts: attempts)
        switch response.status {
        case 200: return true
        case 412: return false
        case 501:  // a store without conditional writes
            try await replace(bytes, as: name, attempts: attempts)
            return true
        default: throw bucket.failure("PUT", response)
        }
    }

    private func replace(_ bytes: [UInt8], as name: Digest, attempts: Int) async throws(StorageError) {
        let response = try await send("PUT", name, nil, bytes, attempts: attempts)
        guard response.status == 200 else { throw bucket.failure("PUT", response) }
    }

    /// Asks until the answer is one that lasts.
    private func send(
        _ method: String, _ name: Digest, _ condition: (String, String)? = nil, _ body: [UInt8]? = nil, attempts: Int
    ) async throws(StorageError) -> HTTPClientResponse {
        let headers = [("Content-Type", "application/octet-stream")].filter { _ in body != nil }
        let (end, address) = (ContinuousClock.now + patience, bucket.address(of: key(name)))
        var (left, pause) = (attempts, Self.pause)
        while true {
            left -= 1
            let failure: StorageError
            do throws(HTTPClientError) {
                let response = try await client.send(
                    method, address, of: bucket, headers: headers + [condition].compactMap(\.self), body: body)
                guard Self.passing.contains(response.status) else { return response }
                failure = bucket.failure(method, response)
            } catch {
                failure = bucket.failure(method, error)
                guard [.unreachable, .timedOut, .broken].contains(error.code) else { throw failure }
            }
            guard left > 0, .now + pause < end else { throw failure }
            // Spread, so that instances which were refused together do not come back together.
            do { try await Task.sleep(for: pause * Double.random(in: 0.5...1.5)) } catch { throw failure }
            pause *= 3
        }
    }
}

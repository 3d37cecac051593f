import Concurrency
import HTTPClient
import Ledger
import Storage

/// A log published as objects of an S3-compatible store.
///
/// Requests are signed by libcurl (AWS Signature Version 4). The checkpoint is replaced by conditional writes (`If-Match`,
/// `If-None-Match`); a store that does not know them gets plain ones after the checkpoint was compared, so that of two
/// processes the slower may put an older checkpoint there until it publishes again.
final class S3TileTarget: TileTarget {
    let kind = "s3"
    let width = 8
    let name: String
    private let bucket: Bucket
    private let client: HTTPClient
    private let isConditional = Locked(true)

    init(_ bucket: Bucket, timeout: Duration = .seconds(30)) {
        (self.bucket, name) = (bucket, bucket.title)
        client = HTTPClient(timeout: timeout, maximumResponseBytes: 32 << 20)
    }

    func get(_ resource: TileResource) async throws(StorageError) -> [UInt8]? {
        try await find(resource)?.bytes
    }

    func put(_ bytes: [UInt8], at resource: TileResource) async throws(StorageError) {
        let response = try await send("PUT", bucket.address(of: resource.path), headers(for: resource), bytes)
        guard response.status == 200 else { throw failure("PUT", response) }
    }

    func replaceCheckpoint(_ expected: String?, with note: String) async throws(StorageError) -> String? {
        let found = try await find(.checkpoint)
        guard found?.bytes == expected.map({ Array($0.utf8) }) else { return Self.text(of: found?.bytes) }
        if isConditional.withLock({ $0 }) {
            let condition = found.map { ("If-Match", $0.tag) } ?? ("If-None-Match", "*")
            let response = try await send(
                "PUT", bucket.address(of: TileResource.checkpoint.path), headers(for: .checkpoint) + [condition],
                Array(note.utf8))
            switch response.status {
            case 200: return note
            // Somebody else was here in between (409: is at this moment).
            case 409, 412: return Self.text(of: try await find(.checkpoint)?.bytes)
            case 501: isConditional.withLock { $0 = false }
            default: throw failure("PUT", response)
            }
        }
        try await put(Array(note.utf8), at: .checkpoint)
        return note
    }

    func removePartials(of resource: TileResource) async throws(StorageError) {
        let folder = resource.with(width: HashTile.width).path + ".p/"
        // Parameters in the order of their names, and escaped as they are signed.
        let prefix = (bucket.prefix + folder).replacing("/", with: "%2F")
        let response = try await send(
            "GET", "\(bucket.endpoint)/\(bucket.name)?list-type=2&prefix=\(prefix)", [], nil)
        guard response.status == 200 else { throw failure("GET", response) }
        for width in ObjectListing.widths(in: response.body) {
            let response = try await send("DELETE", bucket.address(of: folder + String(width)), [], nil)
            guard [200, 204, 404].contains(response.status) else { throw failure("DELETE", response) }
        }
    }

    private func find(_ resource: TileResource) async throws(StorageError) -> (bytes: [UInt8], tag: String)? {
        let response = try await send("GET", bucket.address(of: resource.path), [], nil)
        if response.status == 404 {
            // A bucket that is not there is no place where nothing was published yet.
            guard ObjectListing.code(of: response.body) != "NoSuchBucket" else { throw failure("GET", response) }
            return nil
        }
        guard response.status == 200 else { throw failure("GET", response) }
        guard response.body.count <= resource.maximumBytes else {
            throw StorageError(.incompatible, detail: "\(resource.path) has \(response.body.count) bytes")
        }
        return (response.body, response.header("ETag") ?? "")
    }

    private func headers(for resource: TileResource) -> [(String, String)] {
        [("Content-Type", resource.mediaType), ("Cache-Control", resource.caching(isPublic: false))]
    }

    private func send(
        _ method: String, _ address: String, _ headers: [(String, String)], _ body: [UInt8]?
    ) async throws(StorageError) -> HTTPClientResponse {
        do throws(HTTPClientError) {
            return try await client.send(method, address, of: bucket, headers: headers, body: body)
        } catch { throw bucket.failure(method, error) }
    }

    private func failure(_ method: String, _ response: HTTPClientResponse) -> StorageError {
        bucket.failure(method, response)
    }

    private static func text(of bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
}

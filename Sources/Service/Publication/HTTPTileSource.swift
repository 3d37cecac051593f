import HTTPClient
import Ledger
import Storage

/// A log that somebody serves over HTTP, to be read: another instance's `/tlog`, a static server, or a mirror.
struct HTTPTileSource: TileSource {
    let name: String
    private let prefix: String
    private let headers: [(String, String)]
    private let client: HTTPClient

    /// Takes the address under which `checkpoint` lies, and an API key for where entries are not for everybody.
    init(_ prefix: String, key: String? = nil, timeout: Duration = .seconds(30)) {
        let prefix = String(prefix.reversed().drop { $0 == "/" }.reversed())
        (self.prefix, name) = (prefix, prefix)
        headers = key.map { [("Authorization", "Bearer \($0)")] } ?? []
        client = HTTPClient(timeout: timeout, maximumResponseBytes: 32 << 20)
    }

    func get(_ resource: TileResource) async throws(StorageError) -> [UInt8]? {
        let response: HTTPClientResponse
        do { response = try await client.send("GET", url: "\(prefix)/\(resource.path)", headers: headers) } catch {
            throw StorageError(.unavailable, detail: "\(name): \(error.debugDescription)")
        }
        switch response.status {
        case 200: break
        case 404: return nil
        default: throw StorageError(.unavailable, detail: "\(name): status \(response.status)")
        }
        guard response.body.count <= resource.maximumBytes else {
            throw StorageError(.incompatible, detail: "\(resource.path) has \(response.body.count) bytes")
        }
        return response.body
    }
}

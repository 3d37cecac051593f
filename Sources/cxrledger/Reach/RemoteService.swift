import FoundationEssentials
import HTTPClient
import Service

/// Requests to one service, and its answers as values or failures.
struct RemoteService: Sendable {
    /// What RFC 9457 says of a failure, as far as it is used here.
    private struct Problem: Decodable {
        let code: String?
        let detail: String?
        let title: String?
    }

    private let base: String
    private let key: String?
    private let client = HTTPClient(timeout: .seconds(120))

    /// - Throws: a usage failure when the address is no web address.
    init(_ server: String, key: String?) throws(Failure) {
        guard ["http://", "https://"].contains(where: server.hasPrefix), !server.hasSuffix("//") else {
            throw .usage("--server takes an address such as https://ledger.example.org, not `\(server)`.")
        }
        base = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.key = key
    }

    /// Whether the key leaves this machine without encryption.
    var sendsKeyInClear: Bool {
        let local = ["http://127.", "http://localhost", "http://[::1]"]
        return key != nil && base.hasPrefix("http://") && !local.contains(where: base.hasPrefix)
    }

    func get<Value: Decodable>(
        _ path: String, _ query: [(name: String, value: String?)] = [], headers more: [(String, String)] = [],
        isAnyStatusRead: Bool = false
    ) async throws -> Value {
        let url = base + path + PercentEncoding.query(query)
        let response = try await client.send("GET", url: url, headers: headers() + more)
        if isAnyStatusRead, let value = try? JSONDocument.value(Value.self, from: response.body) { return value }
        return try Self.value(response)
    }

    /// An answer that is a text, as it came.
    func text(_ path: String) async throws -> String { String(decoding: try await bytes(path), as: UTF8.self) }

    /// An answer as it came.
    func bytes(_ path: String, _ query: [(name: String, value: String?)] = []) async throws -> [UInt8] {
        let url = base + path + PercentEncoding.query(query)
        return try Self.checked(try await client.send("GET", url: url, headers: headers())).body
    }

    func post<Value: Decodable>(_ path: String, _ body: some Encodable) async throws -> Value {
        try Self.value(try await send("POST", path, json: body))
    }

    /// Sends a JSON document; an answer that is none of 200 to 299 is a failure.
    func send(_ method: String, _ path: String, json body: some Encodable) async throws -> HTTPClientResponse {
        let bytes = Array(try JSONDocument.text(of: body).utf8)
        let fields = headers() + [("Content-Type", "application/json")]
        return try Self.checked(try await client.send(method, url: base + path, headers: fields, body: bytes))
    }

    /// Sends a form, once more when the connection broke: the key makes the repetition harmless.
    func upload<Value: Decodable>(_ form: MultipartUpload, to path: String) async throws -> Value {
        let fields = headers() + [("Idempotency-Key", UUID().uuidString.lowercased())]
        do {
            return try Self.value(try await client.upload(form, to: base + path, headers: fields))
        } catch let error as HTTPClientError where error.code == .broken || error.code == .timedOut {
            return try Self.value(try await client.upload(form, to: base + path, headers: fields))
        }
    }

    private func headers() -> [(String, String)] {
        let fields = [("Accept", "application/json"), ("User-Agent", "cxrledger/\(Application.version)")]
        return fields + (key.map { [("Authorization", "Bearer \($0)")] } ?? [])
    }

    private static func value<Value: Decodable>(_ response: HTTPClientResponse) throws -> Value {
        let response = try checked(response)
        do { return try JSONDocument.value(Value.self, from: response.body) } catch {
            throw Failure("server-answer", "The server's answer is not understood: is it CXRLedger, of this version?")
        }
    }

    private static func checked(_ response: HTTPClientResponse) throws(Failure) -> HTTPClientResponse {
        guard !(200...299).contains(response.status) else { return response }
        let problem = try? JSONDocument.value(Problem.self, from: response.body)
        let sentence = problem?.detail ?? problem?.title ?? "The server answered with status \(response.status)."
        var failure = Failure(problem?.code ?? "server-status-\(response.status)", sentence)
        if response.status == 429 || response.status == 503 {
            failure.retryAfterSeconds = response.header("Retry-After").flatMap { Int($0) }
        }
        if response.status == 401, failure.code == "key-missing" {
            failure = Failure(
                "key-missing", "The server asks for a key: set CXRLEDGER_API_KEY, or name a file with --key-file.",
                exit: .misused)
        }
        throw failure
    }
}

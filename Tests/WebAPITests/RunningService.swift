import CanonicalJSON
import Concurrency
import Foundation
import HTTPClient
import SQLiteStorage
import Service
import Storage
import Testing

@testable import WebAPI

/// A service over a fresh home, on a free port, held against its own OpenAPI document with every answer.
final class RunningService: Sendable {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let folder: URL
    private let backend: any StorageBackend
    let application: Application
    let web: WebService
    /// The administrator's key.
    let key: String
    /// The members that answers had so far, as `Schema.member`.
    let sent = Locked<Set<String>>([])
    private let client = HTTPClient()

    private init(folder: URL, _ settings: Settings, _ backend: any StorageBackend, key: String? = nil) async throws {
        (self.folder, self.backend) = (folder, backend)
        let journal = try ApplicationLog(path: folder.path + "/application.log", level: .debug)
        let (application, first) = try await Application.open(settings, backend: backend, journal: journal)
        try await application.start()
        web = WebService(application: application, journal: journal)
        try web.start()
        (self.application, self.key) = (application, try #require(first ?? key))
    }

    /// Runs `body` with a service, and stops and removes it afterwards.
    static func run(
        change: (inout Settings) -> Void = { _ in },
        on backend: (Settings) throws -> any StorageBackend = {
            SQLiteBackend(database: $0.home + "/cxrledger.db", home: $0.home)
        }, _ body: (RunningService) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var settings = Settings()
        settings.home = folder.path
        settings.lock = folder.path + "/lock/checkpoint"
        settings.tlogFolder = settings.home + "/tlog"
        settings.databaseURL = "sqlite:///" + folder.path + "/cxrledger.db"
        settings.modelPath = repository.path + "/saved_models/pneumonia_cnn_v1.keras"
        settings.backups = folder.path + "/backups"
        settings.port = 0
        change(&settings)
        try await RunningService(folder: folder, settings, try backend(settings)).lend(to: body)
    }

    /// Runs `body` with a second instance over the same home and database.
    func beside(_ body: (RunningService) async throws -> Void) async throws {
        try await RunningService(folder: folder, application.settings, backend, key: key).lend(to: body)
    }

    private func lend(to body: (RunningService) async throws -> Void) async throws {
        do { try await body(self) } catch {
            await stop()
            throw error
        }
        await stop()
    }

    private func stop() async {
        await web.stop(grace: .seconds(5))
        await application.stop(reason: "the test is over")
    }

    /// Sends a request and checks that the document allows the answer.
    @discardableResult func send(
        _ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Reply {
        let authorization = key.map { [("Authorization", "Bearer \($0)")] } ?? []
        let response = try await client.send(
            method, url: "http://127.0.0.1:\(web.port)\(path)", headers: authorization + headers, body: body)
        let reply = Reply(response)
        #expect(reply.header("X-Request-ID") != nil && reply.header("X-API-Version") == "1")
        sent.withLock { $0.formUnion(DocumentedAPI.members(of: reply, method: method, path: path)) }
        for deviation in DocumentedAPI.deviations(of: reply, method: method, path: path) {
            Issue.record("\(method) \(path) answered \(reply.status): \(deviation)")
        }
        return reply
    }

    @discardableResult func get(_ path: String, key: String? = nil) async throws -> Reply {
        try await send("GET", path, key: key ?? self.key)
    }

    @discardableResult func post(_ path: String, _ value: JSONValue, key: String? = nil) async throws -> Reply {
        try await send(
            "POST", path, key: key ?? self.key, headers: [("Content-Type", "application/json")],
            body: value.canonicalBytes())
    }

    @discardableResult func upload(
        _ form: MultipartUpload, to path: String, key: String? = nil, headers: [(String, String)] = []
    ) async throws -> Reply {
        try await send(
            "POST", path, key: key ?? self.key, headers: headers + [("Content-Type", form.contentType)], body: form.body
        )
    }

    /// The status of an export once it is no longer at work.
    func finished(_ path: String) async throws -> Reply {
        for _ in 0..<600 {
            let reply = try await get(path)
            guard ["waiting", "running"].contains(reply.json["state"]?.stringValue ?? "") else { return reply }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try await get(path)
    }

    /// A new key of a role.
    func issue(_ role: String) async throws -> String {
        let reply = try await post("/v1/credentials", ["role": .string(role), "name": .string("the \(role)")])
        return try #require(reply.json["key"]?.stringValue)
    }

    /// Everything the service wrote into its own log.
    func logText() throws -> String {
        try String(contentsOf: folder.appending(path: "application.log"), encoding: .utf8)
    }

    /// A radiograph.
    static func picture(_ name: String = "PNEUMONIA/person1355_bacteria_3452.jpeg") throws -> [UInt8] {
        try bytes(repository.appending(path: "Tests/Fixtures/xrays/\(name)"))
    }

    static func bytes(_ file: URL) throws -> [UInt8] {
        // Not Data(contentsOf:), which leaks when a file is empty.
        try [UInt8](FileHandle(forReadingFrom: file).readToEnd() ?? Data())
    }
}

/// A form with one picture.
func form(_ picture: [UInt8], field: String = "image", patient: String? = nil) -> MultipartUpload {
    var form = MultipartUpload()
    form.addFile(field, filename: "chest.jpeg", picture)
    if let patient { form.addField("patient", patient) }
    return form
}

/// An answer, and its body as JSON.
struct Reply: Sendable {
    let status: Int
    let body: [UInt8]
    private let response: HTTPClientResponse

    init(_ response: HTTPClientResponse) { (self.response, status, body) = (response, response.status, response.body) }

    func header(_ name: String) -> String? { response.header(name) }
    var text: String { response.text }
    var json: JSONValue { (try? JSONValue.parseRelaxed(body)) ?? .null }
    var code: String? { json["code"]?.stringValue }
}

import Concurrency
import Crypto
import HTTPServer
import Storage
import Testing

@testable import Service

/// An object store that answers what a test tells it to, in this order, and the last again and again.
private final class ScriptedStore: HTTPHandler {
    typealias Answer = @Sendable (HTTPRequest) async -> HTTPResponse

    let requests = Locked<[HTTPRequest]>([])
    private let answers: Locked<[Answer]>
    private let server = Locked<HTTPServer?>(nil)

    private init(_ answers: [Answer]) throws {
        self.answers = Locked(answers)
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: self)
        try server.start()
        self.server.withLock { $0 = server }
    }

    static func run(
        _ answers: [Answer], patience: Duration = .seconds(60),
        _ body: (ScriptedStore, S3BlobStore) async throws -> Void
    ) async throws {
        let store = try ScriptedStore(answers)
        var settings = Settings()
        (settings.blobs, settings.awsAccessKey, settings.awsSecretKey) = ("s3://bucket/x", "AKIA", "topsecret")
        settings.objectStore = "http://127.0.0.1:\(store.server.withLock { $0?.port ?? 0 })"
        let blobs = S3BlobStore(try #require(settings.blobBucket), folder: "images", patience: patience)
        do { try await body(store, blobs) } catch {
            await store.server.withLock { $0 }?.stop(grace: .zero)
            throw error
        }
        await store.server.withLock { $0 }?.stop(grace: .zero)
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        requests.withLock { $0.append(request) }
        let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        return await answer(request)
    }

    static func status(_ status: Int, _ code: String? = nil) -> Answer {
        { _ in
            let document = code.map { "<Error><Code>\($0)</Code><Message>topsecret</Message></Error>" } ?? ""
            return HTTPResponse(status: status, contentType: "application/xml", text: document)
        }
    }

    static func bytes(_ bytes: [UInt8]) -> Answer { { _ in HTTPResponse(status: 200, body: .bytes(bytes)) } }

    /// Announces more than it sends, as a connection does that breaks.
    static let torn: Answer = { _ in
        HTTPResponse(
            status: 200,
            body: .stream(length: 1_000) { throw StorageError(.unavailable) })
    }

    static let silent: Answer = { _ in
        try? await Task.sleep(for: .seconds(60))  // cancelled when the test ends
        return HTTPResponse(status: 200)
    }
}

@Suite struct `An S3-compatible blob store` {
    private typealias Script = ScriptedStore
    private let blob: [UInt8] = [1, 2, 3]

    @Test func `puts only where nothing is, signs what it sends, and lays blobs out as a home does`() async throws {
        try await Script.run([Script.status(200)]) { store, blobs async throws in
            let name = try await blobs.put(blob)
            let request = try #require(store.requests.withLock { $0.first })
            #expect(request.method == .put && request.path == "/bucket/x/images/\(name.hex.prefix(2))/\(name.hex)")
            #expect(request.headers["If-None-Match"] == "*" && request.body == blob)
            #expect(request.headers["X-Amz-Content-Sha256"] == name.hex)
            #expect(request.headers["Content-Type"] == "application/octet-stream")
            #expect(request.headers["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIA/") == true)
            #expect(blobs.place(of: name) == "s3://bucket/x/images/\(name.hex.prefix(2))/\(name.hex)")
        }
    }

    @Test(arguments: [500, 502, 503, 504, 429, 409])
    func `tries again what a store refuses at this moment only`(status: Int) async throws {
        try await Script.run([Script.status(status, "SlowDown"), Script.status(status), Script.status(200)]) {
            store, blobs async throws in
            #expect(try await blobs.put(blob) == SHA256.hash(blob))
            #expect(store.requests.withLock { $0.count } == 3)
        }
    }

    @Test(arguments: [
        (503, "SlowDown", StorageError.Code.unavailable, 4), (500, "InternalError", .unavailable, 4),
        (403, "AccessDenied", .refused, 1), (403, "SignatureDoesNotMatch", .refused, 1),
        (301, "PermanentRedirect", .refused, 1),
        (400, "AuthorizationHeaderMalformed", .refused, 1), (404, "NoSuchBucket", .bucketMissing, 1),
        (507, "XMinioStorageFull", .full, 1),
    ])
    func `says what a store answers, and never its sentence`(
        status: Int, code: String, due: StorageError.Code, attempts: Int
    ) async throws {
        try await Script.run([Script.status(status, code)]) { store, blobs async throws in
            for (number, attempt) in [
                { _ = try await blobs.put(blob) }, { _ = try await blobs.get(.zero) },
            ].enumerated() as EnumeratedSequence<[() async throws -> Void]> {
                let error = await #expect(throws: StorageError(due)) { try await attempt() }
                let text = String(reflecting: error)
                #expect(text.contains("\(status) \(code)") && !text.contains("topsecret"), "\(text)")
                #expect(store.requests.withLock { $0.count } == attempts * (number + 1))
            }
        }
    }

    @Test func `asks again when an answer was torn off, and gives up when they all are`() async throws {
        try await Script.run([Script.torn, Script.bytes(blob)]) { _, blobs async throws in
            #expect(try await blobs.get(SHA256.hash(blob)) == blob)
        }
        try await Script.run([Script.torn]) { store, blobs async throws in
            await #expect(throws: StorageError(.unavailable)) { try await blobs.get(SHA256.hash(blob)) }
            #expect(store.requests.withLock { $0.count } == 4)
        }
    }

    @Test(arguments: [[], [1, 2], [1, 2, 4], [1, 2, 3, 0]] as [[UInt8]])
    func `gives out no bytes but those that are named`(bytes: [UInt8]) async throws {
        try await Script.run([Script.bytes(bytes)]) { store, blobs async throws in
            await #expect(throws: StorageError(.corrupt)) { try await blobs.get(SHA256.hash(blob)) }
            #expect(store.requests.withLock { $0.count } == 1)
        }
    }

    @Test func `gives up on a store that takes a request and goes silent`() async throws {
        try await Script.run([Script.silent], patience: .seconds(2)) { _, blobs async throws in
            let begun = ContinuousClock.now
            await #expect(throws: StorageError(.unavailable)) { try await blobs.put(blob) }
            #expect(begun.duration(to: .now) < .seconds(15))
        }
    }

    @Test func `says that nobody answers, soon`() async throws {
        var settings = Settings()
        (settings.blobs, settings.objectStore) = ("s3://bucket/x", "http://127.0.0.1:1")
        let (blobs, begun) = (S3BlobStore(try #require(settings.blobBucket), folder: "images"), ContinuousClock.now)
        await #expect(throws: StorageError(.unavailable)) { try await blobs.put(blob) }
        await #expect(throws: StorageError(.unavailable)) { try await blobs.probe(forWriting: true) }
        // Long before it gives up on a store that is slow.
        #expect(begun.duration(to: .now) < .seconds(60))
    }

    @Test func `writes plainly to a store that knows no conditions`() async throws {
        try await Script.run([Script.status(501, "NotImplemented"), Script.status(200)]) { store, blobs async throws in
            #expect(try await blobs.put(blob) == SHA256.hash(blob))
            #expect(store.requests.withLock { $0.map { $0.headers["If-None-Match"] } } == ["*", nil])
        }
    }

    @Test func `leaves a whole blob as it is, and puts a damaged one right`() async throws {
        try await Script.run([Script.status(412), Script.bytes(blob)]) { store, blobs async throws in
            _ = try await blobs.put(blob)
            #expect(store.requests.withLock { $0.map(\.method) } == [.put, .get])
        }
        try await Script.run([Script.status(412), Script.bytes([9]), Script.status(200)]) { store, blobs async throws in
            _ = try await blobs.put(blob)
            #expect(store.requests.withLock { $0.map(\.method) } == [.put, .get, .put])
            #expect(store.requests.withLock { $0.last?.headers["If-None-Match"] } == nil)
        }
    }

    @Test func `of a foreign make refuses wrong keys, and another's bucket`() async throws {
        let store = try ObjectStore()
        for change in [
            { $0.awsSecretKey = "not-the-secret" }, { $0.awsAccessKey = "AKIAUNKNOWN" },
            { $0.blobs = "s3://another-bucket/x" },
        ] as [(inout Settings) -> Void] {
            let blobs = try store.blobs(change: change)
            for isForWriting in [false, true] {
                let error = await #expect(throws: StorageError(.refused)) {
                    try await blobs.probe(forWriting: isForWriting)
                }
                #expect(!String(reflecting: error).contains("not-the-secret"))
            }
        }
    }
}

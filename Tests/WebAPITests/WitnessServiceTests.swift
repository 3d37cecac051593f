import Crypto
import Foundation
import HTTPClient
import Ledger
import Service
import Testing
import WebAPI

/// A witness behind HTTP, in a fresh folder, of one log.
private struct Site {
    let folder: String
    let log: NoteSigner
    let service: WitnessService
    let client = HTTPClient()

    init() throws {
        folder = FileManager.default.temporaryDirectory.path() + "/witness-\(UUID().uuidString)"
        log = NoteSigner(name: "log.example/cxr", key: .generate())
        _ = try WitnessIdentity.create(in: folder, name: "witness.example/1")
        try Data("log \(log.verifierKey)\nquorum none\n".utf8).write(to: URL(filePath: folder + "/logs.policy"))
        service = try WitnessService(folder: folder, policy: folder + "/logs.policy", host: "127.0.0.1", port: 0)
        try service.start()
    }

    static func run(_ body: (Site) async throws -> Void) async throws {
        let site = try Site()
        defer { try? FileManager.default.removeItem(atPath: site.folder) }
        do { try await body(site) } catch {
            await site.service.stop(grace: .zero)
            throw error
        }
        await site.service.stop(grace: .zero)
    }

    func note(_ size: Int, by signer: NoteSigner? = nil) -> SignedNote {
        SignedNote(text: tree(size).checkpoint.text, signers: [signer ?? log])
    }

    func tree(_ size: Int) -> (tiles: MemoryTiles, checkpoint: Checkpoint) {
        var frontier = TileFrontier()
        let tiles = MemoryTiles(frontier.append((0..<size).map { Merkle.leafHash(entry: Array("\($0)".utf8)) }))
        return (tiles, Checkpoint(origin: log.name, size: UInt64(size), root: frontier.root))
    }

    func send(_ method: String, _ path: String, _ body: [UInt8]? = nil) async throws -> HTTPClientResponse {
        try await client.send(method, url: "http://127.0.0.1:\(service.port)\(path)", body: body)
    }

    func add(_ old: Int, _ new: Int, by signer: NoteSigner? = nil) async throws -> HTTPClientResponse {
        let hashes =
            old > 0 ? try ConsistencyProof(old: UInt64(old), new: UInt64(new), reading: tree(new).tiles).hashes : []
        return try await send(
            "POST", "/add-checkpoint",
            AddCheckpoint(old: UInt64(old), hashes: hashes, note: note(new, by: signer)).body)
    }
}

@Suite struct `A witness behind HTTP` {
    @Test func `answers as the specification says`() async throws {
        try await Site.run { site in
            let key = try VerifierKey(site.service.verifierKey)
            let first = try await site.add(0, 5)
            #expect(first.status == 200 && first.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(try site.note(5).adding(answer: first.body, of: key).verify(with: [key]) == [key])
            let stale = try await site.add(0, 7)
            #expect(stale.status == 409 && stale.text == "5\n" && stale.header("Content-Type") == "text/x.tlog.size")
            #expect(try await site.add(5, 7).status == 200)
            #expect(try await site.send("POST", "/add-checkpoint", Array("old 1\n".utf8)).status == 400)
            #expect(try await site.send("POST", "/add-checkpoint").status == 400)
            #expect(
                try await site.send("POST", "/add-checkpoint", [UInt8](repeating: 0x41, count: 70_000)).status == 413)
            let stranger = NoteSigner(name: site.log.name, key: .generate())
            #expect(try await site.add(7, 9, by: stranger).status == 403)
            let wrong = AddCheckpoint(old: 7, hashes: [.zero], note: site.note(9))
            #expect(try await site.send("POST", "/add-checkpoint", wrong.body).status == 422)
            let unknown = Checkpoint(origin: "unknown", size: 1, root: .zero)
            let foreign = SignedNote(text: unknown.text, signers: [NoteSigner(name: "unknown", key: .generate())])
            let request = AddCheckpoint(old: 0, hashes: [], note: foreign)
            #expect(try await site.send("POST", "/add-checkpoint", request.body).status == 404)
        }
    }

    @Test func `shows monitors what it cosigned last`() async throws {
        try await Site.run { site in
            let path = "/\(SHA256.hash(Array(site.log.name.utf8)).hex)/checkpoint"
            #expect(try await site.send("GET", path).status == 404)
            _ = try await site.add(0, 5)
            let shown = try await site.send("GET", path)
            #expect(shown.status == 200 && shown.header("Content-Type") == "text/plain; charset=utf-8")
            let keys = [site.log.verifierKey, try VerifierKey(site.service.verifierKey)]
            #expect(try SignedNote(parsing: shown.text).verify(with: keys) == Set(keys))
            #expect(try Checkpoint(note: shown.text).size == 5)
            #expect(try await site.send("GET", "/add-checkpoint").status == 405)
            #expect(try await site.send("DELETE", path).status == 405)
            for path in ["/", "/checkpoint", "/x/checkpoint", "/..%2F..%2Fkey/checkpoint", "/key"] {
                #expect(try await site.send("GET", path).status == 404, "\(path)")
            }
        }
    }

    @Test func `says when it cannot remember, and cosigns nothing`() async throws {
        try await Site.run { site in
            _ = try await site.add(0, 5)
            let file = "\(site.folder)/logs/\(SHA256.hash(Array(site.log.name.utf8)).hex)/checkpoint"
            try Data("damaged".utf8).write(to: URL(filePath: file))
            let answer = try await site.add(5, 6)
            #expect(answer.status == 503 && !answer.text.contains(site.folder))
        }
    }

    @Test func `is made once under one name, with a key that nobody else may read`() throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/witness-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: ServiceError(.notFound, "witness-missing", "")) {
            try WitnessService(folder: folder, policy: Self.policy(folder), host: "127.0.0.1", port: 0)
        }
        for name in ["", "a b", "a+b", String(repeating: "x", count: 201)] {
            #expect(throws: ServiceError(.invalid, "witness-name", "")) {
                try WitnessIdentity.create(in: folder, name: name)
            }
        }
        let key = try WitnessIdentity.create(in: folder, name: "witness.example/1")
        #expect(try VerifierKey(key).algorithm == .cosignature && key.hasPrefix("witness.example/1+"))
        #expect(try WitnessIdentity.create(in: folder, name: "witness.example/1") == key)
        #expect(throws: ServiceError(.conflict, "witness-name", "")) {
            try WitnessIdentity.create(in: folder, name: "witness.example/2")
        }
        let rights = try FileManager.default.attributesOfItem(atPath: folder + "/key")[.posixPermissions] as? Int
        #expect(rights == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder + "/key")
        #expect(throws: ServiceError.self) {
            try WitnessService(folder: folder, policy: Self.policy(folder), host: "127.0.0.1", port: 0)
        }
    }

    @Test func `needs a policy with logs`() throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/witness-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try WitnessIdentity.create(in: folder, name: "witness.example/1")
        func code(_ text: String?) -> String? {
            let file = folder + "/policy"
            try? FileManager.default.removeItem(atPath: file)
            if let text { try? Data(text.utf8).write(to: URL(filePath: file)) }
            do throws(ServiceError) {
                _ = try WitnessService(folder: folder, policy: file, host: "127.0.0.1", port: 0)
                return nil
            } catch { return error.code }
        }
        #expect(code(nil) == "policy-missing" && code("quorum none\n") == "policy-without-logs")
        #expect(code("log x\nquorum none\n") == "policy-invalid")
    }

    /// A policy beside the folder that names one log.
    private static func policy(_ folder: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let key = NoteSigner(name: "log.example", key: .generate()).verifierKey
        try Data("log \(key)\nquorum none\n".utf8).write(to: URL(filePath: folder + "/p"))
        return folder + "/p"
    }
}

import Crypto
import Ledger
import Service
import Storage
import Testing

@testable import WebAPI

@Suite(.serialized) struct `The published log over HTTP` {
    private func published(_ service: RunningService) async throws -> (checkpoint: Checkpoint, note: String) {
        _ = try await service.application.publish(
            .init(.operatingSystem(user: "test"), from: .init(correlation: "c")))
        let note = try await service.get("/tlog/checkpoint").text
        let key = try VerifierKey(String(try await service.get("/v1/log/vkey").text.dropLast()))
        return (try Checkpoint(note: note, signedBy: [key]), note)
    }

    @Test func `is what lies in the folder, with the types and lifetimes of C2SP`() async throws {
        try await RunningService.run { service in
            let (checkpoint, note) = try await published(service)
            let folder = TileFolder(reading: service.application.settings.tlogFolder)
            #expect(try await folder.checkpoint() == note)
            let reply = try await service.get("/tlog/checkpoint")
            #expect(reply.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(reply.header("Cache-Control") == "private, max-age=1")
            let tile = TileCoordinate(level: 0, index: 0, width: Int(checkpoint.size))
            for (resource, path) in [(TileResource.hashes(tile), tile.path), (.entries(tile), tile.entriesPath)] {
                let reply = try await service.get("/tlog/" + path)
                let file = try folder.get(resource)
                #expect(reply.status == 200 && reply.body == file)
                #expect(reply.header("Content-Type") == "application/octet-stream")
                #expect(reply.header("Cache-Control") == "private, max-age=31536000, immutable")
            }
        }
    }

    @Test func `gives every size that was released`() async throws {
        try await RunningService.run { service in
            let (checkpoint, _) = try await published(service)
            let whole = try await service.get("/tlog/tile/0/000.p/\(checkpoint.size)").body
            for width in 1..<Int(checkpoint.size) {
                #expect(try await service.get("/tlog/tile/0/000.p/\(width)").body == Array(whole.prefix(32 * width)))
            }
            let bundle = try await service.get("/tlog/tile/entries/000.p/2").body
            #expect(
                EntryBundle.decode(bundle)?.map { Array(Merkle.leafHash(entry: $0).bytes) } == [
                    Array(whole[0..<32]), Array(whole[32..<64]),
                ])
        }
    }

    @Test(arguments: [
        "tile/0/000", "tile/0/000.p/250", "tile/0/001.p/1", "tile/1/000", "tile/1/000.p/1", "tile/63/000",
        "tile/64/000",
        "tile/00/000.p/1", "tile/0/0.p/1", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/x000/000.p/1",
        "tile/entries/001",
        "tile/entries/000.p/256", "tile/0/%2E%2E/checkpoint", "tile/0/000.p%2F1", "tile/0/x999/x999/x999/x999/x999/999",
        "tile/0",
        "tile/0/a/b/c/d/e/f/g", "tile", "",
    ])
    func `has nothing else`(path: String) async throws {
        try await RunningService.run { service in
            _ = try await published(service)
            let reply = try await service.get("/tlog/" + path)
            #expect(reply.status == 404)
        }
    }

    @Test func `is for keys only, and entries for auditors only`() async throws {
        try await RunningService.run { service in
            _ = try await published(service)
            let (clinician, auditor) = (try await service.issue("clinician"), try await service.issue("auditor"))
            for path in ["/tlog/checkpoint", "/tlog/tile/0/000.p/1", "/tlog/tile/entries/000.p/1"] {
                #expect(try await service.send("GET", path).status == 401)
                #expect(try await service.get(path, key: "cxr_wrong").status == 401)
                #expect(try await service.get(path, key: auditor).status == 200)
                let isPersonal = path.contains("entries")
                #expect(try await service.get(path, key: clinician).status == (isPersonal ? 403 : 200))
            }
        }
    }

    @Test func `is for everybody when the settings say so, but for the entries`() async throws {
        try await RunningService.run(change: { $0.isTlogPublic = true }) { service in
            _ = try await published(service)
            let checkpoint = try await service.send("GET", "/tlog/checkpoint")
            #expect(checkpoint.status == 200 && checkpoint.header("Cache-Control") == "public, max-age=1")
            let tile = try await service.send("GET", "/tlog/tile/0/000.p/1")
            #expect(tile.header("Cache-Control") == "public, max-age=31536000, immutable")
            #expect(try await service.send("GET", "/tlog/tile/entries/000.p/1").status == 401)
            let clinician = try await service.issue("clinician")
            #expect(try await service.get("/tlog/tile/entries/000.p/1", key: clinician).status == 403)
            let bundle = try await service.get("/tlog/tile/entries/000.p/1")
            #expect(bundle.status == 200 && bundle.header("Cache-Control")?.hasPrefix("private") == true)
        }
    }
}

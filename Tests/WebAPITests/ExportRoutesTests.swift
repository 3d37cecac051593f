import CanonicalJSON
import Crypto
import Foundation
import Service
import Testing
import Verifier

@testable import WebAPI

@Suite(.serialized) struct `Exports over HTTP` {
    private func root(_ service: RunningService) throws -> Holding {
        let bytes = try RunningService.bytes(service.folder.appending(path: "keys/root.pub"))
        return try #require(Holding(bytes))
    }

    @Test func `are written beside the service and verified from their archive alone`() async throws {
        try await RunningService.run { service in
            let picture = try RunningService.picture()
            _ = try await service.upload(form(picture, patient: "P-1"), to: "/v1/predictions")
            for grade in ["complete", "authentic"] {
                let key = try await service.issue("auditor")
                let started = try await service.post(
                    "/v1/exports", ["grade": .string(grade), "type": "PredictionRecorded"], key: key)
                #expect(started.status == 202)
                let done = try await service.finished(try #require(started.header("Location")))
                #expect(done.json["state"] == "done" && done.json["matched"] == 1)
                let reply = try await service.get(try #require(done.json["archive"]?.stringValue), key: key)
                #expect(
                    reply.header("Content-Length").flatMap { Int64($0) } == done.json["archive_bytes"]?.integerValue)
                let file = service.folder.appending(path: "\(grade).tar.zst")
                try Data(reply.body).write(to: file)
                #expect(UnpackedExport.isArchive(file.path))
                let verdict = try ExportVerification.run(try UnpackedExport(file.path), expecting: [try root(service)])
                #expect(verdict.ok, "\(verdict.summary)")
                let told = try await service.get("/v1/timeline?type=AuditLogQueried&limit=1")
                #expect(told.json["events"]?.arrayValue?.count == 1, "who fetched it is told")
            }
            let left = try FileManager.default.contentsOfDirectory(
                atPath: service.folder.appending(path: "exports").path)
            #expect(left.count == 4 && left.allSatisfy { $0.hasSuffix(".json") || $0.hasSuffix(".tar.zst") })
        }
    }

    @Test func `go on when the service starts again`() async throws {
        try await RunningService.run { service in
            _ = try await service.post("/v1/exports", [:])
            await service.application.stop(reason: "test")
            try await service.application.start()
            let folder = service.folder.appending(path: "exports").path
            var names: [String] = []
            for _ in 0..<200 {
                names = try FileManager.default.contentsOfDirectory(atPath: folder)
                if names.contains(where: { $0.hasSuffix(".json") }) { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(names.contains { $0.hasSuffix(".tar.zst") } && !names.contains { $0.hasSuffix(".partial") })
        }
    }

    @Test(arguments: [
        "{\"grade\":\"full\"}", "{\"from\":-1}", "{\"from\":3,\"to\":3}", "{\"from\":1,\"since\":\"2026-01-01\"}",
        "{\"since\":\"yesterday\"}", "{\"known\":[\"1\"]}", "{\"known\":[0]}", "{\"other\":1}",
    ])
    func `are refused when they ask for what cannot be`(body: String) async throws {
        try await RunningService.run { service in
            let reply = try await service.send(
                "POST", "/v1/exports", key: service.key, headers: [("Content-Type", "application/json")],
                body: Array(body.utf8))
            #expect(reply.status == 400, "\(body): \(reply.text)")
        }
    }

    @Test func `of a patient need the right to know patients`() async throws {
        try await RunningService.run { service in
            let key = try await service.issue("auditor")
            #expect(try await service.post("/v1/exports", ["patient": "P-1"], key: key).status == 403)
            #expect(try await service.get("/v1/exports/..%2Fkeys").status == 404)
        }
    }
}

@Suite(.serialized) struct `Passports over HTTP` {
    @Test func `prove a prediction, with its picture for those who may see it`() async throws {
        try await RunningService.run { service in
            let made = try await service.upload(form(try RunningService.picture()), to: "/v1/predictions")
            let path = "/v1/predictions/\(try #require(made.json["id"]?.stringValue))/passport"
            let reply = try await service.get(path)
            let root = try #require(
                Holding(try RunningService.bytes(service.folder.appending(path: "keys/root.pub"))))
            #expect(PassportVerification.run(reply.body, expecting: [root]).ok)
            let auditor = try await service.issue("auditor")
            #expect(try await service.get(path, key: auditor).status == 200)
            #expect(try await service.get(path + "?image=true", key: auditor).status == 403)
            #expect(try await service.get(path + "?image=maybe").status == 400)
            let full = try Passport(parsing: try await service.get(path + "?image=true").body)
            #expect(full.image?.bytes == (try RunningService.picture()))
        }
    }
}

import Foundation
import Testing

@testable import WebAPI

@Suite(.serialized) struct `Hostile input over HTTP` {
    private static let folder = RunningService.repository.appending(path: "Tests/ImagingTests/Fixtures")

    @Test(.timeLimit(.minutes(5))) func `ends in a prediction or a problem, and the service stays healthy`()
        async throws
    {
        let names = try #require(FileManager.default.enumerator(atPath: Self.folder.path)).compactMap { $0 as? String }
            .filter { ($0.hasPrefix("malformed/") || $0.hasPrefix("formats/")) && $0.contains(".") }.sorted()
        #expect(names.count > 400)
        try await RunningService.run { service in
            for name in names {
                let bytes = try RunningService.bytes(Self.folder.appending(path: name))
                let reply = try await service.upload(form(bytes), to: "/v1/predictions")
                let isRefused = [400, 413, 415, 422].contains(reply.status) && reply.code != nil
                #expect(reply.status == 201 || isRefused, "\(name): \(reply.status) \(reply.text.prefix(300))")
                if name.hasPrefix("formats/") { #expect(reply.status == 201, "\(name): \(reply.text.prefix(300))") }
            }
            #expect(try await service.send("GET", "/health").status == 200)
        }
    }

    @Test func `is refused at every cut of a good picture that leaves no picture`() async throws {
        let picture = try RunningService.picture("NORMAL/IM-0189-0001.jpeg")
        try await RunningService.run { service in
            for cut in 0..<100 {
                let part = Array(picture.prefix(picture.count * cut / 100))
                let reply = try await service.upload(form(part), to: "/v1/predictions")
                #expect([201, 400, 415, 422].contains(reply.status), "\(cut) %: \(reply.text.prefix(300))")
            }
            #expect(try await service.send("GET", "/health").status == 200)
        }
    }
}

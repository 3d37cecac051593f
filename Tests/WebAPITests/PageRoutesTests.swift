import Foundation
import Testing

@testable import WebAPI

@Suite struct `The page` {
    private static let folder = RunningService.repository.appending(path: "Sources/WebAPI/Resources")

    @Test func `serves every file of its folder under its own name`() throws {
        let names = try #require(FileManager.default.enumerator(atPath: Self.folder.path)).compactMap { $0 as? String }
            .filter { $0.contains(".") && $0 != "openapi.json" }
        #expect(Set(names.map { $0 == "index.html" ? "/" : "/" + $0 }) == Set(PageRoutes.files.map(\.path)))
        for (path, content) in PageRoutes.files {
            let name = path == "/" ? "index.html" : String(path.dropFirst())
            #expect(try RunningService.bytes(Self.folder.appending(path: name)) == content, "\(path)")
        }
    }

    @Test func `is answered with its type, its policy and a tag that saves sending it again`() async throws {
        try await RunningService.run { service in
            for (path, type) in [
                ("/", "text/html; charset=utf-8"), ("/app.js", "text/javascript; charset=utf-8"),
                ("/app.css", "text/css; charset=utf-8"), ("/favicon.svg", "image/svg+xml"),
            ] {
                let reply = try await service.send("GET", path)
                #expect(reply.status == 200 && reply.header("Content-Type") == type)
                #expect(
                    reply.header("Content-Security-Policy")
                        == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
                        + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
                #expect(reply.header("X-Content-Type-Options") == "nosniff")
                #expect(reply.header("Referrer-Policy") == "no-referrer")
                #expect(reply.header("Cache-Control") == "no-cache")
                let tag = try #require(reply.header("ETag"))
                let again = try await service.send("GET", path, headers: [("If-None-Match", tag)])
                #expect(again.status == 304 && again.body.isEmpty)
            }
        }
    }
}

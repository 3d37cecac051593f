import HTTPClient
import HTTPServer
import Testing

@Suite struct `Stopping a server` {
    @Test func `finishes and answers what was accepted, and accepts nothing more`() async throws {
        let isReleased = Tally()
        let handler = TestHandler { _ in
            _ = await eventually { isReleased.count > 0 }
            return HTTPResponse(status: 200, contentType: "text/plain", text: "done")
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        try server.start()
        let clients = (0..<50).map { _ in RawClient(port: server.port) }
        for client in clients { await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(await eventually { server.openRequests == 50 })
        let port = server.port
        async let stopped: Void = server.stop(grace: .seconds(10))
        try await Task.sleep(for: .milliseconds(300))
        #expect(server.openRequests == 50)
        let late = RawClient(port: port)
        await late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let (answer, isTurnedAway) = await late.read()
        #expect(answer.isEmpty && isTurnedAway)
        #expect(server.openRequests == 50)
        _ = isReleased.next()
        await stopped
        for client in clients {
            let (text, isClosed) = await client.read()
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("done") && isClosed)
            #expect(text.contains("Connection: close\r\n"))
        }
        await #expect(throws: HTTPClientError(.unreachable)) {
            try await fetch("GET", "http://127.0.0.1:\(port)/")
        }
    }

    @Test func `answers every request it began, under load`() async throws {
        let answered = Tally()
        let handler = TestHandler { request in
            try? await Task.sleep(for: .milliseconds(5))
            _ = answered.next()
            return HTTPResponse(status: 200, body: .bytes(request.body))
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        try server.start()
        let port = server.port
        let seen = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    let client = RawClient(port: port)
                    var count = 0
                    while true {
                        await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                        let (text, isClosed) = await client.read { $0.hasSuffix("body") }
                        if text.hasSuffix("body") { count += 1 }
                        if isClosed || text.contains("Connection: close") { return count }
                    }
                }
            }
            _ = await eventually { answered.count > 400 }
            await server.stop(grace: .seconds(10))
            return await group.reduce(0, +)
        }
        #expect(seen > 400)
        #expect(seen == answered.count)
        #expect(server.gauges.openRequests == 0)
    }

    @Test func `refuses at the end of its grace what hangs`() async throws {
        let isReleased = Tally()
        let handler = TestHandler { request in
            if request.path == "/stream" {
                return HTTPResponse(
                    status: 200,
                    body: .stream(length: nil) {
                        try await Task.sleep(for: .seconds(60)); return nil
                    })
            }
            // Deaf to cancellation, like a handler that waits for a library.
            await Task.detached { _ = await eventually { isReleased.count > 0 } }.value
            return HTTPResponse(status: 200)
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        try server.start()
        let (hanging, streaming) = (RawClient(port: server.port), RawClient(port: server.port))
        await hanging.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        await streaming.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(await eventually { server.gauges.runningHandlers == 1 && server.openRequests == 2 })
        await server.stop(grace: .milliseconds(300))
        #expect(await hanging.read().text.hasPrefix("HTTP/1.1 503 "))
        #expect(await streaming.read().isClosed)
        _ = isReleased.next()
        #expect(await eventually { server.gauges.runningHandlers == 0 })
    }

    @Test func `is harmless twice and before the start`() async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: TestHandler())
        await server.stop()
        try server.start()
        await server.stop()
        await server.stop()
        #expect(throws: HTTPServerError.self) { try server.start() }
    }

    @Test func `ends live bodies, which would never end, and not as if they were cut off`() async throws {
        let handler = TestHandler { _ in
            HTTPResponse(
                status: 200,
                body: .live {
                    try await Task.sleep(for: .milliseconds(100))
                    return [65]
                })
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        try server.start()
        let client = RawClient(port: server.port)
        await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await client.read { $0.contains("A") }
        let begun = ContinuousClock.now
        async let stopped: Void = server.stop(grace: .seconds(20))
        let (text, isClosed) = await client.read()
        await stopped
        #expect(isClosed && text.hasSuffix("0\r\n\r\n") && ContinuousClock.now - begun < .seconds(3))
    }
}

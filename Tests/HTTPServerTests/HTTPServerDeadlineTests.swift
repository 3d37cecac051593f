import HTTPClient
import HTTPServer
import Testing

@Suite struct `A server's patience` {
    @Test func `ends with a client that dribbles its request line`() async throws {
        try await withServer({ $0.idleTimeout = .seconds(2) }) { server in
            let client = RawClient(port: server.port)
            let start = ContinuousClock.now
            for byte in "GET /slow HTTP/1.1" where await client.read(patience: .milliseconds(300)).isClosed == false {
                await client.send(String(byte))
            }
            #expect(await client.read().isClosed)
            #expect(ContinuousClock.now - start < .seconds(6))
        }
    }

    @Test func `ends with a client that dribbles its header`() async throws {
        try await withServer({ $0.receiveDeadline = .seconds(1) }) { server in
            let client = RawClient(port: server.port)
            await client.send("GET / HTTP/1.1\r\nHost: a\r\n")
            var text = ""
            for number in 0..<30 {
                await client.send("X-\(number): slow\r\n")
                let (part, isClosed) = await client.read(patience: .milliseconds(200))
                text += part
                if isClosed { break }
            }
            #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(await eventually { server.gauges.openConnections == 0 })
        }
    }

    @Test func `ends with a client that dribbles its body`() async throws {
        try await withServer({ $0.receiveDeadline = .seconds(1) }) { server in
            let client = RawClient(port: server.port)
            await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            var text = ""
            for _ in 0..<30 {
                await client.send("x")
                let (part, isClosed) = await client.read(patience: .milliseconds(200))
                text += part
                if isClosed { break }
            }
            #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(await eventually { server.gauges.bufferedBodyBytes == 0 && server.gauges.openRequests == 0 })
        }
    }

    @Test func `ends with a silent connection`() async throws {
        try await withServer({ $0.idleTimeout = .seconds(1) }) { server in
            let (text, isClosed) = await RawClient(port: server.port).read()
            #expect(isClosed)
            #expect(text.isEmpty)
        }
    }

    @Test func `ends with a handler that does not answer, and its late answer reaches nobody`() async throws {
        let handler = TestHandler { request in
            guard request.path == "/hang" else {
                return HTTPResponse(status: 200, contentType: "text/plain", text: "ok")
            }
            try? await Task.sleep(for: .seconds(30))  // ends at once when it is cancelled
            return HTTPResponse(status: 200, contentType: "text/plain", text: "too late")
        }
        try await withServer({ $0.requestDeadline = .seconds(1) }, handler) { server in
            let client = RawClient(port: server.port)
            await client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = await client.read { $0.hasSuffix("ok") }.text
            #expect(text.hasPrefix("HTTP/1.1 504 "))
            #expect(occurrences(of: "HTTP/1.1 ", in: text) == 2)
            #expect(!text.contains("too late"))
        }
    }

    @Test func `ends with a streamed body that does not go on`() async throws {
        let handler = TestHandler { _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) {
                    try await Task.sleep(for: .seconds(60)); return nil
                })
        }
        try await withServer({ $0.requestDeadline = .seconds(3) }, handler) { server in
            await #expect(throws: HTTPClientError.self) {
                try await fetch("GET", "http://127.0.0.1:\(server.port)/")
            }
        }
    }

    @Test func `ends with a client that takes its answer in drops`() async throws {
        let handler = TestHandler { _ in
            HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 65, count: 32 << 20)))
        }
        try await withServer({ $0.sendDeadline = .seconds(1) }, handler) { server in
            let client = RawClient(port: server.port)
            await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { server.gauges.openRequests == 1 })
            #expect(await eventually { server.gauges.openRequests == 0 && server.gauges.openConnections == 0 })
        }
    }

    @Test func `does not need a client that vanishes before or in the middle of its answer`() async throws {
        let handler = TestHandler { request in
            try? await Task.sleep(for: .milliseconds(300))
            return HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 65, count: 32 << 20)))
        }
        try await withServer({ _ in }, handler) { server in
            for isEarly in [true, false] {
                let client = RawClient(port: server.port)
                await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                if !isEarly { _ = await client.read { !$0.isEmpty } }
                await client.reset()
            }
            #expect(await eventually { server.gauges.openRequests == 0 && server.gauges.openConnections == 0 })
            let response = try await fetch("GET", "http://127.0.0.1:\(server.port)/")
            #expect(response.body.count == 32 << 20)
        }
    }

    /// Parts of a size, one at each interval.
    private func live(_ size: Int, every interval: Duration) -> TestHandler {
        TestHandler { _ in
            HTTPResponse(
                status: 200,
                body: .live {
                    try await Task.sleep(for: interval)
                    return [UInt8](repeating: 65, count: size)
                })
        }
    }

    @Test func `does not end with a live body, however long it takes`() async throws {
        try await withServer(
            {
                ($0.sendDeadline, $0.idleTimeout) = (.milliseconds(300), .seconds(1))
                ($0.partDeadline, $0.requestDeadline) = (.seconds(10), .seconds(10))
            }, live(1, every: .milliseconds(500))
        ) { server in
            let client = RawClient(port: server.port)
            await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let (text, isClosed) = await client.read { occurrences(of: "A", in: $0) == 8 }
            #expect(!isClosed && occurrences(of: "\r\n1\r\nA", in: text) == 8)
        }
    }

    @Test func `ends with a client that takes a live body more slowly than it is made`() async throws {
        try await withServer(
            { ($0.partDeadline, $0.idleTimeout) = (.seconds(1), .seconds(60)) }, live(16 << 20, every: .zero)
        ) { server in
            let client = RawClient(port: server.port)
            await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { server.gauges.openRequests == 1 })
            for _ in 0..<50 where server.gauges.openRequests > 0 {
                _ = await client.read(patience: .milliseconds(100)) { !$0.isEmpty }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(server.gauges.openRequests == 0)
        }
    }
}

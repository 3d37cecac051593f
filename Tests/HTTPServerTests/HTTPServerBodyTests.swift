import HTTPClient
import HTTPServer
import Testing

@Suite(.serialized) struct `The body of a request` {
    @Test(arguments: [false, true]) func `may have exactly 64 MiB`(isChunked: Bool) async throws {
        let body = [UInt8](repeating: 7, count: 64 << 20)
        try await withServer { server in
            let response = try await fetch(
                "POST", "http://127.0.0.1:\(server.port)/",
                headers: isChunked ? [("Transfer-Encoding", "chunked")] : [], body: body)
            #expect(response.text == "POST / \(64 << 20)")
            #expect(await eventually { server.gauges.bufferedBodyBytes == 0 })
        }
    }

    @Test(arguments: [false, true], [1000, 4 << 20])
    func `is refused one byte above the limit, and the client sees why`(isChunked: Bool, limit: Int) async throws {
        try await withServer({ $0.bodyLimit = limit }) { server in
            let url = "http://127.0.0.1:\(server.port)/"
            let headers = (isChunked ? [("Transfer-Encoding", "chunked")] : []) + [("Expect", "")]
            let fits = [UInt8](repeating: 7, count: limit)
            #expect(try await fetch("POST", url, headers: headers, body: fits).status == 200)
            let response = try await fetch("POST", url, headers: headers, body: fits + [7])
            #expect(response.status == 413)
            #expect(response.text.contains("\(limit) bytes"))
            #expect(await eventually { server.gauges.bufferedBodyBytes == 0 })
        }
    }

    @Test func `is refused by its declared length before a byte of it comes`() async throws {
        try await withServer { server in
            let client = RawClient(port: server.port)
            await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(64 << 20 + 1)0\r\n\r\n")
            let (text, isClosed) = await client.read()
            #expect(text.hasPrefix("HTTP/1.1 413 "))
            #expect(text.contains("Connection: close\r\n"))
            #expect(isClosed)
        }
    }

    @Test func `is asked for only when the request is admitted`() async throws {
        try await withServer({ $0.bodyLimit = 10 }) { server in
            for (length, answer) in [(10, "HTTP/1.1 100 Continue\r\n\r\n"), (11, "HTTP/1.1 413 ")] {
                let client = RawClient(port: server.port)
                await client.send(
                    "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
                let text = await client.read { $0.contains("\r\n\r\n") }.text
                #expect(text.hasPrefix(answer))
                if length == 10 {
                    await client.send("0123456789")
                    #expect(await client.read { $0.hasSuffix("PUT / 10") }.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
                }
            }
        }
    }

    @Test(arguments: ["POST", "DELETE", "PATCH", "GET"])
    func `is not read when the handler refuses early`(method: String) async throws {
        let handler = TestHandler(
            responding: { _ in HTTPResponse(status: 500) },
            admitting: {
                .refuse(HTTPResponse(status: $0.path == "/a" ? 401 : 404, contentType: "text/plain", text: "no"))
            })
        try await withServer({ _ in }, handler) { server in
            let client = RawClient(port: server.port)
            await client.send("\(method) /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            let (text, isClosed) = await client.read()
            #expect(text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(text.hasSuffix("no"))
            #expect(isClosed)
            // A client that sends everything before it reads must see the answer too, not a reset.
            let stubborn = RawClient(port: server.port)
            await stubborn.send("\(method) /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n")
            #expect(await stubborn.send([UInt8](repeating: 0, count: 8_000_000)) == 8_000_000)
            #expect(await stubborn.read().text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            // Without a body the connection goes on.
            let patient = RawClient(port: server.port)
            for _ in 0..<2 {
                await patient.send("\(method) /b HTTP/1.1\r\nHost: a\r\n\r\n")
                let (text, isClosed) = await patient.read { $0.hasSuffix("no") }
                #expect(text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
                #expect(!isClosed)
            }
        }
    }

    @Test func `may be limited by the handler`() async throws {
        let handler = TestHandler(admitting: { _ in .accept(bodyLimit: 3) })
        try await withServer({ _ in }, handler) { server in
            let url = "http://127.0.0.1:\(server.port)/"
            for (count, status) in [(3, 200), (4, 413)] {
                let response = try await fetch("POST", url, body: [UInt8](repeating: 1, count: count))
                #expect(response.status == status)
            }
        }
    }

    @Test func `is refused with 503 when the server holds too many bytes already`() async throws {
        try await withServer({ $0.bufferedBodyBudget = 100_000 }) { server in
            let holder = RawClient(port: server.port)
            await holder.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n")
            await holder.send([UInt8](repeating: 1, count: 80_000))
            #expect(await eventually { server.gauges.bufferedBodyBytes == 80_000 })
            let url = "http://127.0.0.1:\(server.port)/"
            let body = [UInt8](repeating: 1, count: 30_000)
            for headers in [[], [("Transfer-Encoding", "chunked")]] {
                let response = try await fetch("POST", url, headers: headers, body: body)
                #expect(response.status == 503)
                #expect(response.header("Retry-After") == "1")
            }
            await holder.send([UInt8](repeating: 1, count: 10_000))
            #expect(await holder.read { $0.hasSuffix("90000") }.text.hasPrefix("HTTP/1.1 200 "))
            #expect(try await fetch("POST", url, body: body).status == 200)
            #expect(await eventually { server.gauges.bufferedBodyBytes == 0 })
        }
    }

    /// Who has no key cannot take the room of those who have.
    @Test func `of a stranger has little room, and takes none from others`() async throws {
        let handler = TestHandler(admitting: { head in
            .accept(bodyLimit: .max, isKnown: head.headers["X-API-Key"] != nil)
        })
        try await withServer({ $0.strangersBodyBudget = 100_000 }, handler) { server in
            let stranger = RawClient(port: server.port)
            await stranger.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n")
            await stranger.send([UInt8](repeating: 1, count: 80_000))
            #expect(await eventually { server.gauges.bufferedBodyBytes == 80_000 })
            let url = "http://127.0.0.1:\(server.port)/"
            let body = [UInt8](repeating: 1, count: 300_000)
            for framing in [[], [("Transfer-Encoding", "chunked")]] {
                let refused = try await fetch("POST", url, headers: framing, body: body)
                let known = try await fetch("POST", url, headers: framing + [("X-API-Key", "k")], body: body)
                #expect(refused.status == 503 && known.status == 200)
            }
            await stranger.send([UInt8](repeating: 1, count: 10_000))
            #expect(await stranger.read { $0.hasSuffix("90000") }.text.hasPrefix("HTTP/1.1 200 "))
            let later = try await fetch("POST", url, body: Array(body.prefix(90_000)))
            #expect(later.status == 200)
            #expect(await eventually { server.gauges.bufferedBodyBytes == 0 })
        }
    }

    @Test func `is forgotten when the client vanishes in the middle of it`() async throws {
        try await withServer { server in
            for isReset in [false, true] {
                do {
                    let client = RawClient(port: server.port)
                    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n")
                    await client.send([UInt8](repeating: 1, count: 50_000))
                    #expect(await eventually { server.gauges.bufferedBodyBytes == 50_000 })
                    if isReset { await client.reset() }
                }
                #expect(await eventually { server.gauges.bufferedBodyBytes == 0 && server.gauges.openRequests == 0 })
            }
            #expect(await eventually { server.gauges.openConnections == 0 })
        }
    }
}

import HTTPServer
import TestSupport
import Testing

@Suite struct `A malformed request` {
    static let bad = [
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /% HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /%0d%0aX HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "GET / FTP/1.1\r\nHost: a\r\n\r\n", "GET\r\n\r\n", "\0\0\0\0\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
        "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 20_000) + "\r\n",
        "GET /?" + String(repeating: "a&", count: 1000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    @Test(arguments: bad) func `is refused, closes, and never reaches the handler`(request: String) async throws {
        let asked = Tally()
        let handler = TestHandler { _ in
            _ = asked.next()
            return HTTPResponse(status: 200)
        }
        try await withServer(
            {
                $0.receiveDeadline = .seconds(1); $0.idleTimeout = .seconds(2)
            }, handler
        ) { server in
            let client = RawClient(port: server.port)
            await client.send(request)
            let (text, isClosed) = await client.read()
            #expect(isClosed)
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4") || text.hasPrefix("HTTP/1.1 5"))
            #expect(asked.count == 0)
            #expect(
                await RawClient.exchange(
                    port: server.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                ).hasPrefix("HTTP/1.1 200"))
        }
    }

    /// What the handler words itself, so that it can be a problem document.
    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET /?" + String(repeating: "a", count: 8_192) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: yyyyy\r\n", count: 6_000) + "\r\n", 431),
    ]) func `is answered by the handler's refusal`(request: String, status: Int) async throws {
        try await withServer { server in
            let text = await RawClient.exchange(port: server.port, request)
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(text.contains("limit of") || text.contains("there is no host"))
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `made of noise leaves the server standing`(seed: UInt64) async throws
    {
        var random = SplitMix64(seed: seed)
        let model = Array(
            "POST /a%20b?c=d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8)
        try await withServer({
            $0.receiveDeadline = .seconds(1); $0.idleTimeout = .seconds(1)
        }) { server in
            for _ in 0..<20 {
                var request = model
                for _ in 0...Int.random(in: 0...4, using: &random) {
                    let place = Int.random(in: 0..<request.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: request[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: request.remove(at: place)
                    default: request.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    }
                }
                let client = RawClient(port: server.port)
                await client.send(request)
                _ = await client.read(patience: .milliseconds(20))
            }
            #expect(await eventually { server.gauges.openConnections == 0 })
            #expect(server.gauges.openRequests == 0 && server.gauges.bufferedBodyBytes == 0)
        }
    }
}

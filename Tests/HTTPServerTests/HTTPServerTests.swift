import HTTPClient
import HTTPServer
import Testing

@Suite struct `An HTTP server` {
    @Test func `answers a request`() async throws {
        try await withServer { server in
            let client = HTTPClient()
            let response = try await client.send("GET", url: "http://127.0.0.1:\(server.port)/a%20b/c?x=1")
            #expect(response.status == 200)
            #expect(response.text == "GET /a b/c 0")
            #expect(response.header("content-type") == "text/plain")
        }
    }

    @Test func `tells the handler who asks and what`() async throws {
        let handler = TestHandler { request in
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            let text = "\(request.remoteAddress) \(request.pathSegments) \(query) \(request.headers["x-test"] ?? "-")"
            return HTTPResponse(status: 200, contentType: "text/plain", text: text)
        }
        try await withServer({ _ in }, handler) { server in
            let url = "http://127.0.0.1:\(server.port)/a%2Fb/c?n=%C3%A9+1&n=2&m"
            let response = try await fetch("GET", url, headers: [("X-Test", "yes")])
            #expect(response.text == "127.0.0.1 [\"a/b\", \"c\"] n=é 1,n=2,m= yes")
        }
    }

    @Test func `answers HEAD like GET without the body`() async throws {
        try await withServer { server in
            let response = try await fetch("HEAD", "http://127.0.0.1:\(server.port)/x")
            #expect(response.status == 200)
            #expect(response.header("Content-Length") == "8")
            #expect(response.body.isEmpty)
        }
    }

    @Test(arguments: ["::1", "::", "localhost"]) func `listens on IPv6 and on names`(host: String) async throws {
        let handler = TestHandler { HTTPResponse(status: 200, contentType: "text/plain", text: $0.remoteAddress) }
        try await withServer({ $0.host = host }, handler) { server in
            let name = host == "localhost" ? host : "[::1]"
            let response = try await fetch("GET", "http://\(name):\(server.port)/")
            #expect(["::1", "127.0.0.1"].contains(response.text))
            if host == "::" {
                let response = try await fetch("GET", "http://127.0.0.1:\(server.port)/")
                #expect(response.text == "127.0.0.1")
            }
        }
    }

    @Test func `says clearly that its port is in use`() async throws {
        try await withServer { server in
            let second = HTTPServer(
                configuration: HTTPServerConfiguration(host: "127.0.0.1", port: server.port), handler: TestHandler())
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.code == .portInUse)
        }
    }

    @Test func `refuses a host that is not this machine's`() {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(host: "203.0.113.1", port: 0), handler: TestHandler())
        let error = #expect(throws: HTTPServerError.self) { try server.start() }
        #expect(error?.code == .addressUnavailable)
    }

    @Test func `keeps a connection and answers pipelined requests in order`() async throws {
        try await withServer { server in
            let client = RawClient(port: server.port)
            await client.send(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                    + "DELETE /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let (text, isClosed) = await client.read()
            #expect(isClosed)
            let places = ["GET /1 0", "POST /2 3", "DELETE /3 0", "GET /4 0"].map {
                text.firstRange(of: $0)?.lowerBound
            }
            #expect(places.allSatisfy { $0 != nil })
            #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "GET", "PURGE"])
    func `takes a body with any method and keeps the connection`(method: String) async throws {
        try await withServer { server in
            let client = RawClient(port: server.port)
            for _ in 0..<2 {
                await client.send("\(method) /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                let (text, isClosed) = await client.read { $0.hasSuffix("\(method) /b 5") }
                #expect(!isClosed)
                #expect(text.hasSuffix("\(method) /b 5"))
            }
        }
    }

    @Test func `speaks HTTP/1.0, whose connections end with the answer`() async throws {
        try await withServer { server in
            let client = RawClient(port: server.port)
            await client.send("GET /old HTTP/1.0\r\n\r\n")
            let (text, isClosed) = await client.read()
            #expect(text.hasSuffix("GET /old 0"))
            #expect(isClosed)
        }
    }

    @Test func `joins the chunks of a body`() async throws {
        try await withServer { server in
            let client = RawClient(port: server.port)
            await client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
            await client.send("5\r\nhello\r\n")
            await client.send("b\r\n big world!\r\n0\r\n\r\n")
            #expect(await client.read().text.hasSuffix("POST /c 16"))
        }
    }

    @Test func `streams a body that is made while it is sent`() async throws {
        let handler = TestHandler { request in
            let counter = Tally()
            let total = Int(request.queryValue("parts") ?? "") ?? 0
            let isDeclared = request.queryValue("length") != nil
            return HTTPResponse(
                status: 200,
                body: .stream(length: isDeclared ? total * 1000 : nil) {
                    try? await Task.sleep(for: .milliseconds(1))
                    return counter.next() < total ? [UInt8](repeating: 65, count: 1000) : nil
                })
        }
        try await withServer({ _ in }, handler) { server in
            for query in ["parts=50", "parts=50&length", "parts=0", "parts=0&length"] {
                let response = try await fetch("GET", "http://127.0.0.1:\(server.port)/?\(query)")
                #expect(response.body.count == (query.hasPrefix("parts=50") ? 50_000 : 0))
            }
            let head = try await fetch("HEAD", "http://127.0.0.1:\(server.port)/?parts=50")
            #expect(head.status == 200)
        }
    }

    @Test func `breaks the connection when a streamed body fails`() async throws {
        struct Failure: Error {}
        let handler = TestHandler { _ in
            let counter = Tally()
            return HTTPResponse(
                status: 200,
                body: .stream(length: nil) {
                    guard counter.next() < 3 else { throw Failure() }
                    return [1, 2, 3]
                })
        }
        try await withServer({ _ in }, handler) { server in
            await #expect(throws: HTTPClientError.self) {
                try await fetch("GET", "http://127.0.0.1:\(server.port)/")
            }
        }
    }

    @Test func `lets no header field split an answer`() async throws {
        let handler = TestHandler { _ in
            HTTPResponse(
                status: 200,
                headers: [
                    "X-Good": "fine", "X-Evil": "a\r\nSet-Cookie: b", "X\r\nY": "c", "X-Nul": "a\0b",
                    "Content-Length": "9999", "Transfer-Encoding": "chunked",
                ], body: .bytes(Array("ok".utf8)))
        }
        try await withServer({ _ in }, handler) { server in
            let text = await RawClient.exchange(
                port: server.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(text.contains("X-Good: fine\r\n"))
            for evil in ["Set-Cookie", "Evil", "Y:", "Nul", "9999", "chunked"] { #expect(!text.contains(evil)) }
            #expect(text.hasSuffix("\r\n\r\nok"))
        }
    }

    @Test func `serves two hundred connections at once`() async throws {
        let handler = TestHandler { request in
            try? await Task.sleep(for: .milliseconds(50))
            return HTTPResponse(status: 200, body: .bytes(request.body))
        }
        try await withServer({ _ in }, handler) { server in
            let clients = (0..<200).map { _ in RawClient(port: server.port) }
            try await withThrowingTaskGroup(of: String.self) { group in
                for (index, client) in clients.enumerated() {
                    group.addTask {
                        let body = "number \(index)"
                        await client.send(
                            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                        return await client.read { $0.hasSuffix(body) }.text.hasSuffix(body) ? "ok" : "lost \(index)"
                    }
                }
                for try await result in group { #expect(result == "ok") }
            }
            #expect(await eventually { server.gauges.requestsTotal == 200 })
        }
    }

    @Test func `refuses more connections from one address than allowed`() async throws {
        try await withServer({ $0.perAddressLimit = 4 }) { server in
            let held = (0..<4).map { _ in RawClient(port: server.port) }
            for client in held {
                await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await client.read { $0.hasSuffix("GET / 0") }.text.contains("200 OK"))
            }
            let text = await RawClient.exchange(port: server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(text.isEmpty)
        }
    }
}

import Concurrency
import HTTPClient
import HTTPServer
import Testing

/// Answers by path.
private struct Handler: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        switch request.path {
        case "/redirect": return HTTPResponse(status: 302, headers: ["Location": "/elsewhere"])
        case "/big": return HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 1, count: 100_000)))
        case "/slow":
            try? await Task.sleep(for: .seconds(20))
            return HTTPResponse(status: 200)
        case "/form":
            let form = try? MultipartForm(contentType: request.headers["Content-Type"] ?? "", body: request.body)
            let text = form?.parts.map { "\($0.name):\($0.filename ?? "-"):\($0.body.count)" }.joined(separator: " ")
            return HTTPResponse(status: 200, contentType: "text/plain", text: text ?? "no form")
        default:
            let text =
                "\(request.omitsBody ? "HEAD" : request.method.rawValue) \(request.body.count) \(request.headers["X-A"] ?? "-")"
            var response = HTTPResponse(status: 200, contentType: "text/plain", text: text)
            if let authorization = request.headers["Authorization"] {
                response.headers["X-Authorization"] = authorization
            }
            return response
        }
    }
}

@Suite struct `An HTTP client` {
    private func withServer(_ body: (String) async throws -> Void) async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: Handler())
        try server.start()
        do { try await body("http://127.0.0.1:\(server.port)") } catch {
            await server.stop(grace: .zero)
            throw error
        }
        await server.stop(grace: .zero)
    }

    @Test(
        arguments: [
            ("GET", nil, 0), ("POST", nil, 0), ("PUT", 5, 5), ("PATCH", 0, 0), ("DELETE", nil, 0), ("DELETE", 3, 3),
            ("POST", 3 << 20, 3 << 20),
        ] as [(String, Int?, Int)])
    func `sends any method, with a body or without`(method: String, size: Int?, seen: Int) async throws {
        try await withServer { url in
            let body = size.map { [UInt8](repeating: 9, count: $0) }
            let response = try await HTTPClient().send(method, url: url, headers: [("X-A", "b")], body: body)
            #expect(response.status == 200)
            #expect(response.text == "\(method) \(seen) b")
        }
    }

    @Test func `does not follow redirects`() async throws {
        try await withServer { url in
            let response = try await HTTPClient().send("GET", url: url + "/redirect")
            #expect(response.status == 302)
            #expect(response.header("LOCATION") == "/elsewhere")
        }
    }

    @Test func `uploads a form with a file`() async throws {
        try await withServer { url in
            var form = MultipartUpload()
            form.addFile(
                "image", filename: "x\r\ny.png", contentType: "image/png", [UInt8](repeating: 0, count: 2 << 20))
            form.addField("patient", "p")
            let response = try await HTTPClient().upload(form, to: url + "/form")
            #expect(response.text == "image:x%0D%0Ay.png:2097152 patient:-:1")
        }
    }

    @Test func `gives up on answers that are too large, late or unwanted`() async throws {
        try await withServer { url in
            await #expect(throws: HTTPClientError(.responseTooLarge)) {
                try await HTTPClient(maximumResponseBytes: 99_999).send("GET", url: url + "/big")
            }
            let big = try await HTTPClient(maximumResponseBytes: 100_000).send("GET", url: url + "/big")
            #expect(big.body.count == 100_000)
            await #expect(throws: HTTPClientError(.timedOut)) {
                try await HTTPClient(timeout: .milliseconds(300)).send("GET", url: url + "/slow")
            }
            await #expect(throws: HTTPClientError(.timedOut)) {
                try await HTTPClient(patience: .seconds(1)).send("GET", url: url + "/slow")
            }
            let task = Task { try await HTTPClient().send("GET", url: url + "/slow") }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            await #expect(throws: HTTPClientError(.cancelled)) { try await task.value }
        }
    }

    @Test(
        arguments: [
            ("GET", "file:///etc/passwd", []), ("GET", "ftp://127.0.0.1/", []), ("GET", "nonsense://", []),
            ("GET", "", []),
            ("GET", "http://127.0.0.1/\r\nX: y", []), ("G T", "http://127.0.0.1/", []), ("", "http://127.0.0.1/", []),
            ("GET", "http://127.0.0.1:9/", [("X", "a\r\nY: b")]), ("GET", "http://127.0.0.1:9/", [("X: y\r\nZ", "a")]),
        ] as [(String, String, [(String, String)])])
    func `refuses to send what is no request`(method: String, url: String, headers: [(String, String)]) async {
        await #expect(throws: HTTPClientError(.invalidRequest)) {
            try await HTTPClient().send(method, url: url, headers: headers)
        }
    }

    @Test func `says that a server cannot be reached`() async {
        await #expect(throws: HTTPClientError(.unreachable)) {
            try await HTTPClient().send("GET", url: "http://127.0.0.1:1/")
        }
        await #expect(throws: HTTPClientError(.unreachable)) {
            try await HTTPClient().send("GET", url: "http://no-such-host.invalid/")
        }
    }

    @Test func `does not speak to a server without TLS as if it had`() async throws {
        try await withServer { url in
            await #expect(throws: HTTPClientError(.untrusted)) {
                try await HTTPClient().send("GET", url: url.replacing("http://", with: "https://"))
            }
        }
    }

    @Test func `signs requests to object stores`() async throws {
        try await withServer { url in
            let signature = AWSSignature(region: "eu-central-1", accessKey: "AKID", secretKey: "secret")
            let response = try await HTTPClient().send(
                "PUT", url: url + "/bucket/key", body: [1, 2, 3], signature: signature)
            let header = response.header("X-Authorization") ?? ""
            #expect(header.hasPrefix("AWS4-HMAC-SHA256 Credential=AKID/"))
            #expect(header.contains("/eu-central-1/s3/aws4_request"))
        }
    }
}

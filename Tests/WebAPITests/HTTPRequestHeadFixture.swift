import HTTPServer

/// Heads as a server would make them.
enum HTTPRequestHeadFixture {
    static func head(_ headers: [(String, String)], target: String = "/") throws -> HTTPRequestHead {
        try HTTPRequestHead(
            method: .get, target: target, headers: HTTPHeaders(headers.map { (name: $0.0, value: $0.1) }))
    }
}

import HTTPServer
import Testing

@testable import WebAPI

@Suite struct `The router` {
    private let router = Router(WebService.routes)

    private func found(_ method: String, _ target: String) throws -> String {
        switch router.match(try HTTPRequestHead(method: HTTPMethod(rawValue: method), target: target)) {
        case .route(let route, let places): "\(route.operation ?? "page") \(places.values.sorted())"
        case .otherMethods(let methods): "405 \(methods)"
        case .nothing: "404"
        }
    }

    @Test(arguments: [
        ("GET", "/", "page []"), ("GET", "/views/list.js", "page []"), ("GET", "/v1/predictions", "listPredictions []"),
        ("HEAD", "/v1/predictions?limit=1", "listPredictions []"), ("POST", "/v1/predictions", "createPrediction []"),
        ("GET", "/v1/predictions/abc/image", "getPredictionImage [\"abc\"]"),
        ("GET", "/v1/predictions/a%2Fb", "getPrediction [\"a/b\"]"),
        ("POST", "/v1/models/rollback", "rollBackModel []"),
        ("GET", "/v1/models/rollback", "getModel [\"rollback\"]"), ("GET", "/nothing", "404"),
        ("GET", "/v1/predictions/", "404"), ("GET", "//", "404"), ("GET", "/V1/predictions", "404"),
        ("GET", "/tlog/tile/0/x001/067.p/17", "getTile [\"0\", \"x001/067.p/17\"]"),
        ("GET", "/tlog/tile/entries/000", "getEntryBundle [\"000\"]"), ("GET", "/tlog/tile/0", "404"),
        ("GET", "/tlog/tile/0/000%2Fp", "404"), ("GET", "/tlog/tile/0//000", "404"), ("GET", "/tlog/tile/0/", "404"),
        ("POST", "/", "405 [GET]"), ("BREW", "/health", "405 [GET]"), ("DELETE", "/v1/predictions", "405 [POST, GET]"),
    ])
    func `finds the operation of a request`(method: String, target: String, expected: String) throws {
        #expect(try found(method, target) == expected)
    }

    @Test func `has no two routes for one request`() {
        let names = WebService.routes.map { "\($0.method) \($0.pattern)" }
        #expect(Set(names).count == names.count)
    }
}

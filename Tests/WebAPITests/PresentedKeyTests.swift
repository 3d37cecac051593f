import HTTPServer
import Testing

@testable import WebAPI

@Suite struct `What a request shows at the door` {
    @Test(arguments: [
        (["Authorization": "Bearer cxr_a"], PresentedKey.apiKey("cxr_a")),
        (["authorization": "bearer  cxr_a "], .apiKey("cxr_a")), (["X-API-Key": "cxr_b"], .apiKey("cxr_b")),
        (["Authorization": "Basic YTpi", "X-API-Key": "cxr_b"], .apiKey("cxr_b")),
        (["Authorization": "Bearer cxr_a", "X-API-Key": "cxr_b"], .apiKey("cxr_a")),
        (["Cookie": "a=b; cxr_session=t0; c=d"], .session(token: "t0")),
        (["Cookie": "cxr_session=t0", "X-API-Key": "cxr_b"], .apiKey("cxr_b")),
    ])
    func `is a key or the page's cookie`(fields: [String: String], expected: PresentedKey) {
        #expect(PresentedKey(HTTPHeaders(fields.map { (name: $0.key, value: $0.value) })) == expected)
    }

    @Test(arguments: [
        [:], ["Authorization": "Basic YTpi"], ["Authorization": "Bearer"], ["Authorization": "Bearer "],
        ["X-API-Key": ""], ["Cookie": "cxr_session="], ["Cookie": "xcxr_session=t0"], ["Cookie": ";;="],
    ])
    func `is nothing otherwise`(fields: [String: String]) {
        #expect(PresentedKey(HTTPHeaders(fields.map { (name: $0.key, value: $0.value) })) == nil)
    }
}

@testable import HTTPServer

/// Any bytes as a request's target, and as a content type, a line feed, and the form it announces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let target = try? RequestTarget(bytes) {
        precondition(target.segments.allSatisfy { !$0.utf8.contains(0) }, "no NUL reaches a path")
        precondition(target.query.count <= RequestTarget.queryFieldLimit, "bounded")
    }
    let line = bytes.prefix { $0 != 0x0A }
    let field = String(decoding: line, as: UTF8.self)
    _ = HeaderParameters(field)
    _ = try? RequestFraming(["Host": "a", "Content-Length": field])
    _ = try? RequestFraming(["Host": "a", "Transfer-Encoding": field])
    let body = Array(bytes.dropFirst(line.count + 1))
    let limits = MultipartForm.Limits(parts: 8, headerBytes: 256, headerFields: 4)
    guard let form = try? MultipartForm(contentType: field, body: body, limits: limits) else { return 0 }
    precondition((1...limits.parts).contains(form.parts.count) || form.parts.isEmpty, "bounded")
    for part in form.parts {
        precondition(part.headers.count <= limits.headerFields, "bounded")
        precondition(part.body.startIndex >= 0 && part.body.endIndex <= body.count, "inside the body")
        precondition(
            body.dropFirst(part.body.endIndex).starts(with: "\r\n--".utf8) || part.body.isEmpty, "ends at a boundary")
    }
    return 0
}

import HTTPClient
import HTTPServer
import TestSupport
import Testing

@Suite struct `A multipart form` {
    static let type = "multipart/form-data; boundary=XX"

    static func read(
        _ body: String, type: String = type, limits: MultipartForm.Limits = .init()
    ) throws(MultipartError) -> MultipartForm {
        try MultipartForm(contentType: type, body: Array(body.utf8), limits: limits)
    }

    /// One field, with its header as given.
    static func form(_ header: String, _ content: String = "v") -> String {
        "--XX\r\n\(header)\r\n\r\n\(content)\r\n--XX--\r\n"
    }

    @Test func `is read as it was written, whatever bytes a file holds`() throws {
        var upload = MultipartUpload()
        let bytes = (0..<4).flatMap { _ in (0...255).map { UInt8($0) } } + Array("\r\n--cxrledger-\r\n--\r\n".utf8)
        upload.addField("note", "größer\r\nzweite Zeile")
        upload.addFile("image", filename: "a \"b\".png", contentType: "image/png", bytes)
        upload.addFile("empty", filename: "e", [])
        let form = try MultipartForm(contentType: upload.contentType, body: upload.body)
        #expect(form.parts.map(\.name) == ["note", "image", "empty"])
        #expect(form.value("note") == "größer\r\nzweite Zeile")
        #expect(form.part(named: "image").map { Array($0.body) } == bytes)
        #expect(form.part(named: "image")?.filename == "a %22b%22.png")
        #expect(form.part(named: "image")?.contentType == "image/png")
        #expect(form.part(named: "empty")?.body.isEmpty == true)
    }

    @Test func `may hold no part, or quoted and escaped names`() throws {
        #expect(try Self.read("--XX--").parts.isEmpty)
        let header = #"content-disposition: FORM-DATA; name="a\"b\\c;d=\"e"; filename="C:\x\y.png""#
        let form = try Self.read(Self.form(header))
        #expect(form.parts.first?.name == #"a"b\c;d="e"#)
        #expect(form.parts.first?.filename == #"C:\x\y.png"#)
        #expect(
            try Self.read(
                Self.form("Content-Disposition: form-data; name=n"), type: "Multipart/Form-Data ; Boundary=\"XX\""
            ).value("n") == "v")
    }

    @Test(arguments: ["", "--", "\r\n--X", "--X", "\r\n--XXY", "\r\n--XXY\r\n", "\r\n\r\n", "\r", "\r\n-", "a--XX--"])
    func `may hold what looks like its boundary`(content: String) throws {
        let header = "Content-Disposition: form-data; name=n"
        #expect(try Self.read(Self.form(header, content)).value("n") == content)
    }

    @Test(
        arguments: [
            ("text/plain", .notMultipart), ("", .notMultipart), ("multipart/mixed; boundary=XX", .notMultipart),
            ("multipart/form-data", .badBoundary), ("multipart/form-data; boundary=", .notMultipart),
            ("multipart/form-data; boundary=\"\"", .badBoundary),
            ("multipart/form-data; boundary=\"a \"", .badBoundary),
            ("multipart/form-data; boundary=\"a\u{1}b\"", .badBoundary),
            ("multipart/form-data; boundary=a; boundary=b", .notMultipart),
            ("multipart/form-data; boundary=" + String(repeating: "a", count: 71), .badBoundary),
        ] as [(String, MultipartError)])
    func `needs a content type with one boundary`(type: String, error: MultipartError) {
        #expect(throws: error) { try Self.read("--XX--", type: type) }
    }

    @Test(
        arguments: [
            ("", .noFirstBoundary), ("hello", .noFirstBoundary), ("preamble\r\n--XX--", .noFirstBoundary),
            ("--XX", .noFinalBoundary), ("--XXY", .noFinalBoundary), ("--XX\n", .noFinalBoundary),
            ("--XX\r\n", .noFinalBoundary), ("--XX\r\n\r\n", .noFinalBoundary),
            ("--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv", .noFinalBoundary),
            ("--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--XX", .noFinalBoundary),
            ("--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--XX-", .noFinalBoundary),
            ("--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\n--XX--", .noFinalBoundary),
            ("--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--XX--x", .trailingData),
            ("--XX--\r\nepilogue", .trailingData),
        ] as [(String, MultipartError)])
    func `needs its boundaries`(body: String, error: MultipartError) {
        #expect(throws: error) { try Self.read(body) }
    }

    @Test(
        arguments: [
            ("X: y", .badDisposition), ("Content-Disposition: attachment; name=n", .badDisposition),
            ("Content-Disposition: form-data", .badDisposition),
            ("Content-Disposition: form-data; name", .badDisposition),
            ("Content-Disposition: form-data; name=\"n", .badDisposition),
            ("Content-Disposition: form-data; name=\"n\" x", .badDisposition),
            ("Content-Disposition: form-data; name=\"a\"\"b\"", .badDisposition),
            ("Content-Disposition: form-data; name=n; name=m", .badDisposition),
            ("Content-Disposition: form-data; name=n\r\nContent-Disposition: form-data; name=m", .badDisposition),
            ("Content-Disposition: form-data; name=n\r\nContent-Transfer-Encoding: base64", .encodedPart),
            ("no colon", .badHeader), (": x", .badHeader), ("X Y: z", .badHeader), ("X: a\u{0}b", .badHeader),
            ("X: y\nZ: w", .badHeader), (" folded: x", .badHeader),
            ("X: " + String(repeating: "a", count: 9000), .headerTooLarge),
            (String(repeating: "X: y\r\n", count: 16) + "X: y", .headerTooLarge),
        ] as [(String, MultipartError)])
    func `needs well-formed parts`(header: String, error: MultipartError) {
        #expect(throws: error) { try Self.read(Self.form(header)) }
    }

    @Test func `has at most as many parts as allowed`() throws {
        let part = "--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n"
        let body = String(repeating: part, count: 1000) + "--XX--"
        #expect(throws: MultipartError.tooManyParts(limit: 64)) { try Self.read(body) }
        #expect(throws: MultipartError.tooManyParts(limit: 999)) { try Self.read(body, limits: .init(parts: 999)) }
        #expect(try Self.read(body, limits: .init(parts: 1000)).parts.count == 1000)
        #expect(throws: (any Error).self) { try Self.read(body, limits: .init(parts: -1, headerBytes: -1)) }
        #expect(
            try Self.read(body, limits: .init(parts: .max, headerBytes: .max, headerFields: .max)).parts.count == 1000)
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func `that was tampered with never traps`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("\r\n-X\";=\\ a\0".utf8) + [0xFF]
        var body = Array(
            ("--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n--XX\r\n"
                + "Content-Disposition: form-data; name=c\r\nContent-Type: text/plain\r\n\r\n\r\n--XX--\r\n").utf8)
        for _ in 0..<40 {
            let place = Int.random(in: 0..<body.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: body[place] = alphabet.randomElement(using: &random)!
            case 1: body.insert(alphabet.randomElement(using: &random)!, at: place)
            case 2 where body.count > 10: body.remove(at: place)
            default: body.insert(contentsOf: "\r\n--XX".utf8, at: place)
            }
            _ = try? MultipartForm(contentType: Self.type, body: body)  // only a trap would be a failure
            _ = try? MultipartForm(contentType: String(decoding: body, as: UTF8.self), body: body)
        }
    }

    @Test func `of 64 MiB is read in one pass`() throws {
        var upload = MultipartUpload()
        upload.addFile("worst", filename: "w", [UInt8](repeating: 0x0D, count: 8 << 20))
        upload.addFile("image", filename: "i", [UInt8](repeating: 1, count: 56 << 20))
        let (type, body) = (upload.contentType, upload.body)
        let form = try MultipartForm(contentType: type, body: body)
        #expect(form.parts.map(\.body.count) == [8 << 20, 56 << 20])
    }
}

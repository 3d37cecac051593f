/// A form with files, built in memory (RFC 7578).
public struct MultipartUpload: Sendable {
    private let boundary: String
    private var parts: [UInt8] = []

    /// Creates an empty form with a boundary of 128 random bits, which no content holds by chance.
    public init() {
        boundary = "cxrledger-" + (0..<2).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined()
    }

    /// The content type to send the form with.
    public var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The form's bytes.
    public var body: [UInt8] { parts + Array("--\(boundary)--\r\n".utf8) }

    /// Adds a text field.
    public mutating func addField(_ name: String, _ value: String) {
        add(disposition: "name=\"\(Self.escape(name))\"", contentType: nil, Array(value.utf8))
    }

    /// Adds a file.
    public mutating func addFile(
        _ name: String, filename: String, contentType: String = "application/octet-stream", _ bytes: [UInt8]
    ) {
        let disposition = "name=\"\(Self.escape(name))\"; filename=\"\(Self.escape(filename))\""
        add(disposition: disposition, contentType: Self.escape(contentType), bytes)
    }

    private mutating func add(disposition: String, contentType: String?, _ bytes: [UInt8]) {
        var header = "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n"
        if let contentType { header += "Content-Type: \(contentType)\r\n" }
        parts += Array((header + "\r\n").utf8)
        parts += bytes
        parts += Array("\r\n".utf8)
    }

    /// Escapes as browsers do (WHATWG HTML, multipart form data); other control characters become blanks.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "%22"
            case "\r": escaped += "%0D"
            case "\n": escaped += "%0A"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// A form as browsers and `curl -F` send it, `multipart/form-data` (RFC 7578, on the syntax of RFC 2046, section 5.1).
///
/// Reads strictly: lines end in CRLF, nothing but a line end stands around the form, every part has one name.
public struct MultipartForm: Sendable {
    /// Bounds on the work and memory a form may cost.
    public struct Limits: Hashable, Sendable {
        /// The most parts a form may have.
        public var parts: Int
        /// The longest header of a part, in bytes.
        public var headerBytes: Int
        /// The most header fields of a part.
        public var headerFields: Int

        /// Creates limits that are far above what forms need.
        public init(parts: Int = 64, headerBytes: Int = 8 << 10, headerFields: Int = 16) {
            (self.parts, self.headerBytes, self.headerFields) = (parts, headerBytes, headerFields)
        }
    }

    /// One field or file.
    public struct Part: Sendable {
        /// The field's name.
        public let name: String
        /// The file's name as the client gave it: text to show, never a path to open.
        public let filename: String?
        /// The declared content type.
        public let contentType: String?
        /// All header fields.
        public let headers: HTTPHeaders
        /// The content; shares the memory of the request's body.
        public let body: ArraySlice<UInt8>

        /// The content as text, or `nil` when it is no UTF-8.
        public var text: String? { String(validating: body, as: UTF8.self) }
    }

    /// The parts, in order.
    public let parts: [Part]

    /// Reads a form from a request's `Content-Type` and body.
    public init(contentType: String, body: [UInt8], limits: Limits = Limits()) throws(MultipartError) {
        let boundary = try Self.boundary(contentType)
        var reader = MultipartReader(body: body, boundary: boundary)
        try reader.skipFirstBoundary()
        var parts: [Part] = []
        while try reader.nextPart() {
            guard parts.count < limits.parts else { throw .tooManyParts(limit: limits.parts) }
            parts.append(try Self.part(try reader.readHeader(limits), try reader.readContent()))
        }
        self.parts = parts
    }

    /// The first part of a name.
    public func part(named name: String) -> Part? { parts.first { $0.name == name } }

    /// The text of the first part of a name.
    public func value(_ name: String) -> String? { part(named: name)?.text }

    /// The boundary that a content type declares.
    private static func boundary(_ contentType: String) throws(MultipartError) -> [UInt8] {
        guard let type = HeaderParameters(contentType) else { throw .notMultipart }
        guard type.value.lowercased() == "multipart/form-data" else { throw .notMultipart }
        guard let boundary = type["boundary"].map({ Array($0.utf8) }), (1...70).contains(boundary.count),
            boundary.last != UInt8(ascii: " "),
            boundary.allSatisfy({ isBoundaryCharacter($0) })
        else { throw .badBoundary }
        return boundary
    }

    /// `bchars` of RFC 2046, section 5.1.1.
    private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }

    private static func part(_ headers: HTTPHeaders, _ body: ArraySlice<UInt8>) throws(MultipartError) -> Part {
        let dispositions = headers.values("Content-Disposition")
        guard dispositions.count == 1, let disposition = dispositions.first.flatMap({ HeaderParameters($0) }),
            disposition.value.lowercased() == "form-data", let name = disposition["name"]
        else { throw .badDisposition }
        let encodings = headers.values("Content-Transfer-Encoding").map { $0.lowercased() }
        guard encodings.allSatisfy({ ["7bit", "8bit", "binary"].contains($0) }) else { throw .encodedPart }
        return Part(
            name: name, filename: disposition["filename"], contentType: headers["Content-Type"], headers: headers,
            body: body)
    }
}

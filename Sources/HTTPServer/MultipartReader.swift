import Glibc

/// Walks through the bytes of a multipart body, front to back, each byte once.
struct MultipartReader {
    private let body: [UInt8]
    /// `CRLF--boundary`: what ends a part.
    private let delimiter: [UInt8]
    private var position = 0
    private static let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    /// Starts at the front.
    init(body: [UInt8], boundary: [UInt8]) {
        self.body = body
        delimiter = Array("\r\n--".utf8) + boundary
    }

    /// Passes the first boundary, before which only a line end may stand.
    mutating func skipFirstBoundary() throws(MultipartError) {
        if !starts(with: delimiter[...]) {
            guard starts(with: delimiter[2...]) else { throw .noFirstBoundary }
            position -= 2
        }
        position += delimiter.count
    }

    /// Reads what follows a boundary: answers true when it is a part, false at the end of the form.
    mutating func nextPart() throws(MultipartError) -> Bool {
        if starts(with: Array("--".utf8)[...]) {
            let rest = body[(position + 2)...].drop { $0 == 0x20 || $0 == 9 }
            guard rest.isEmpty || rest.elementsEqual("\r\n".utf8) else { throw .trailingData }
            return false
        }
        while position < body.count, body[position] == 0x20 || body[position] == 9 { position += 1 }
        guard starts(with: Array("\r\n".utf8)[...]) else { throw .noFinalBoundary }
        position += 2
        return true
    }

    /// Reads a part's header fields and the empty line after them.
    mutating func readHeader(_ limits: MultipartForm.Limits) throws(MultipartError) -> HTTPHeaders {
        var headers = HTTPHeaders()
        // Saturating, because a limit may be `.max`.
        let end = position + min(body.count - position, max(0, limits.headerBytes))
        while true {
            guard let line = body[position..<end].firstIndex(of: Self.lineFeed) else {
                if end < body.count { throw .headerTooLarge }
                throw .noFinalBoundary
            }
            guard line > position, body[line - 1] == Self.carriageReturn else { throw .badHeader }
            let field = body[position..<(line - 1)]
            position = line + 1
            if field.isEmpty { return headers }
            guard headers.count < limits.headerFields else { throw .headerTooLarge }
            guard let colon = field.firstIndex(of: UInt8(ascii: ":")),
                let name = String(validating: field[..<colon], as: UTF8.self), HTTPHeaders.isToken(name),
                let value = String(validating: field[(colon + 1)...], as: UTF8.self), HTTPHeaders.isValue(value)
            else { throw .badHeader }
            headers.add(name, String(value.trimmingBlanks()))
        }
    }

    /// Reads a part's content and passes the boundary after it.
    mutating func readContent() throws(MultipartError) -> ArraySlice<UInt8> {
        // An empty content shares its line end with the end of the header.
        let start = position
        var from = start - 2
        while let found = delimiter(from: from) {
            let next = found + delimiter.count
            // A longer word that begins like the boundary is content (RFC 2046, section 5.1.1).
            if next < body.count, [0x20, 9, 0x0D, 0x2D].contains(body[next]) {
                position = next
                return body[start..<max(start, found)]
            }
            from = found + 1
        }
        throw .noFinalBoundary
    }

    private func starts(with bytes: ArraySlice<UInt8>) -> Bool { body[position...].starts(with: bytes) }

    /// The first place of the delimiter; the C library looks at many bytes at once.
    private func delimiter(from start: Int) -> Int? {
        unsafe body.withUnsafeBytes { body in
            unsafe delimiter.withUnsafeBytes { delimiter in
                guard let first = body.baseAddress, let wanted = delimiter.baseAddress else { return nil }
                var place = start
                while place <= body.count - delimiter.count {
                    let count = body.count - delimiter.count - place + 1
                    guard let found = unsafe memchr(first + place, Int32(Self.carriageReturn), count) else {
                        return nil
                    }
                    place = unsafe UnsafeRawPointer(found) - first
                    if unsafe memcmp(found, wanted, delimiter.count) == 0 { return place }
                    place += 1
                }
                return nil
            }
        }
    }
}

import Crypto

/// Reads a file line by line, and hashes and counts all of it.
final class FileScan {
    enum Line {
        case line([UInt8])
        case end
        /// Too long, or the last one without its end.
        case malformed
    }

    private let source: any ByteSource
    private let hasher = SHA256Hasher()
    private var buffer: [UInt8] = []
    private var position = 0
    private(set) var length: Int64 = 0

    init(_ source: any ByteSource) { self.source = source }

    /// The next line without its LF; nothing more comes after `.end` and `.malformed`.
    func next() throws -> Line {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { position = end + 1 }
                return end - position > ExportFile.maximumLine ? .malformed : .line(Array(buffer[position..<end]))
            }
            guard buffer.count - position <= ExportFile.maximumLine else { return .malformed }
            let rest = buffer.count - position
            guard try fill() else { return rest == 0 ? .end : .malformed }
            searched = position + rest
        }
    }

    /// Reads bytes that should be these; false when they are others, or fewer.
    func expect(_ bytes: [UInt8]) throws -> Bool {
        var compared = 0
        while compared < bytes.count {
            if position == buffer.count { guard try fill() else { return false } }
            let count = min(bytes.count - compared, buffer.count - position)
            guard bytes[compared..<compared + count].elementsEqual(buffer[position..<position + count]) else {
                return false
            }
            compared += count
            position += count
        }
        return true
    }

    /// All that is left, when it is at most so many bytes.
    func rest(limit: Int) throws -> [UInt8]? {
        while try fill() { guard buffer.count - position <= limit else { return nil } }
        return buffer.count - position <= limit ? Array(buffer[position...]) : nil
    }

    /// Reads to the end.
    ///
    /// - Returns: whether there was nothing left, and the digest of the whole file.
    func finish() throws -> (isAtEnd: Bool, digest: Digest) {
        var isAtEnd = position == buffer.count
        position = buffer.count
        while try fill() {
            isAtEnd = false
            position = buffer.count
        }
        return (isAtEnd, hasher.finalize())
    }

    /// Reads on; what was taken already is forgotten.
    private func fill() throws -> Bool {
        let bytes = try source.read()
        guard !bytes.isEmpty else { return false }
        hasher.update(bytes)
        length += Int64(bytes.count)
        if position == buffer.count {
            buffer = bytes
        } else {
            buffer.removeSubrange(..<position)
            buffer += bytes
        }
        position = 0
        return true
    }
}

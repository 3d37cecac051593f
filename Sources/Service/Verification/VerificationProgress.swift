import CanonicalJSON
import Crypto
import Ledger

/// How far a verification has come, in a file, so that the next one goes on there.
///
/// A line of canonical JSON, a body of the mode's own, and SHA-256 over both: against accidents, not against somebody who
/// can write the file, and who could as well write the report.
struct VerificationProgress: Sendable {
    static let format = "cxrledger-verify/2"
    private static let largest = 1 << 30

    let mode: VerificationMode
    let origin: String
    /// How many entries were looked at, from index 0.
    let size: UInt64
    /// The root of their tree.
    let root: Digest
    /// When.
    let time: Timestamp
    /// What the mode needs to go on.
    let body: [UInt8]

    /// Reads a file; nil when there is none.
    ///
    /// - Throws: `resume-unusable` when it is damaged, or of another log or mode.
    init?(path: String, mode: VerificationMode, origin: String) throws(ServiceError) {
        guard let bytes = try SmallFile.read(path, limit: Self.largest) else { return nil }
        let content = bytes.dropLast(Digest.count)
        guard SHA256.hash(Array(content)).bytes.elementsEqual(bytes.suffix(Digest.count)),
            let end = content.firstIndex(of: UInt8(ascii: "\n")),
            let header = try? JSONValue.parse(Array(content[..<end])),
            header["format"]?.stringValue == Self.format, header["mode"]?.stringValue == mode.name,
            header["origin"]?.stringValue == origin,
            let size = header["size"]?.integerValue.flatMap(UInt64.init(exactly:)),
            let root = header["root"]?.stringValue.flatMap({ Digest(hex: $0) }),
            let time = header["time"]?.stringValue.flatMap({ Timestamp($0) })
        else { throw Self.unusable(path, mode) }
        (self.mode, self.origin, self.size, self.root, self.time) = (mode, origin, size, root, time)
        body = Array(content[(end + 1)...])
    }

    init(mode: VerificationMode, origin: String, size: UInt64, root: Digest, time: Timestamp, body: [UInt8] = []) {
        (self.mode, self.origin, self.size) = (mode, origin, size)
        (self.root, self.time, self.body) = (root, time, body)
    }

    func write(to path: String) throws(ServiceError) {
        let header = JSONValue.object([
            "format": .string(Self.format), "mode": .string(mode.name), "origin": .string(origin),
            "root": .string(root.hex), "size": .integer(Int64(clamping: size)), "time": .string(time.description),
        ])
        var bytes = header.canonicalBytes() + [UInt8(ascii: "\n")] + body
        SHA256.hash(bytes).append(to: &bytes)
        try SmallFile.write(bytes, to: path)
    }

    static func unusable(_ path: String, _ mode: VerificationMode) -> ServiceError {
        ServiceError(
            .conflict, "resume-unusable",
            "\(path) does not tell how far a `--\(mode.name)` verification of this log came; name another file, or remove it."
        )
    }
}

import CanonicalJSON
import Crypto
import Foundation

/// The fixtures of `Fixtures/Formats`, which another implementation wrote.
struct FrozenFormat {
    private let values: JSONValue

    init() throws { values = try JSONValue.parseRelaxed(Self.bytes("formats.json")) }

    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/Formats")
        return [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    /// The text at a path such as `fields.review.plain`.
    subscript(path: String) -> String {
        path.split(separator: ".").reduce(values) { $0[String($1)] ?? .null }.stringValue ?? ""
    }

    func base64(_ path: String) -> [UInt8] { Base64.decode(self[path]) ?? [] }

    func secret(_ path: String) -> SecretBytes { SecretBytes(Hex.decode(self[path]) ?? []) }
}

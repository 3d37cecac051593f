import Crypto

/// The text that opens the door: `cxr_`, the credential's id, `_`, 256 random bits.
struct APIKey: Sendable {
    let credential: String
    let text: String

    /// Hex SHA-256 of the text; enough, since it holds 256 random bits.
    var digest: String { Self.digest(text) }

    static func make(for credential: String = "c" + Hex.encode(SecureRandom.bytes(6))) -> APIKey {
        APIKey(credential: credential, text: "cxr_\(credential)_\(Hex.encode(SecureRandom.bytes(32)))")
    }

    static func digest(_ text: String) -> String { SHA256.hash(Array(text.utf8)).hex }
}

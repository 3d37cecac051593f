public import Crypto

/// A named public key that verifies signed notes (C2SP signed-note).
public struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// What its signatures are made over.
    public enum Algorithm: UInt8, Hashable, Sendable {
        /// The text of the note.
        case ed25519 = 0x01
        /// A time of a witness and the text (C2SP tlog-cosignature).
        case cosignature = 0x04
    }

    public let name: String
    public let algorithm: Algorithm
    public let key: Ed25519.PublicKey

    /// Takes a name for which `isValidName` holds; no note can be read whose signature has another.
    public init(name: String, algorithm: Algorithm = .ed25519, key: Ed25519.PublicKey) {
        (self.name, self.algorithm, self.key) = (name, algorithm, key)
    }

    /// Reads `<name>+<key id>+<base64>`, exactly.
    ///
    /// - Throws: `.verifierKey`, also for algorithms that are not supported.
    public init(_ text: String) throws(LedgerError) {
        // Base64 itself may contain `+`, so only the first two separate.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let blob = Base64.decode(String(parts[2])), let type = blob.first else {
            throw LedgerError(.verifierKey, "form")
        }
        guard let algorithm = Algorithm(rawValue: type) else { throw LedgerError(.verifierKey, "algorithm \(type)") }
        guard let key = try? Ed25519.PublicKey(Array(blob.dropFirst())) else { throw LedgerError(.verifierKey, "key") }
        self.init(name: String(parts[0]), algorithm: algorithm, key: key)
        guard Self.isValidName(name), description == text else { throw LedgerError(.verifierKey, "name or key id") }
    }

    /// How signature lines name the key, besides its name: the first 4 bytes of a hash over name, type and key.
    public var id: UInt32 {
        let hash = SHA256.hash(Array(name.utf8), [0x0A, algorithm.rawValue], key.bytes)
        return hash.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    public var description: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: self.id >> (24 - 8 * $0)) }
        return "\(name)+\(Hex.encode(id))+\(Base64.encode([algorithm.rawValue] + key.bytes))"
    }

    /// Whether notes can carry the name: not empty, no white space or control character, no `+`.
    public static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "+" && !$0.properties.isWhitespace }
    }

    /// Whether the bytes after the key id are this key's signature over a note's text.
    func verify(_ signature: [UInt8], text: [UInt8]) -> Bool {
        switch algorithm {
        case .ed25519: return key.verify(signature, text)
        case .cosignature:
            guard signature.count == 8 + Ed25519.signatureCount else { return false }
            let time = signature.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            guard time <= Int64.max else { return false }
            return key.verify(Array(signature.dropFirst(8)), Self.cosigned(text: text, time: time))
        }
    }
}

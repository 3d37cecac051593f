public import CanonicalJSON
public import Crypto

/// The root key's word that a key serves a log for one purpose, from an index on.
public struct KeyCertificate: Hashable, Sendable {
    /// What a key may sign.
    public enum Purpose: String, Hashable, Sendable {
        case event
        case checkpoint
    }

    public let key: Ed25519.PublicKey
    public let purpose: Purpose
    /// The origin of the log.
    public let log: String
    /// The first index at which it counts.
    public let validFrom: UInt64

    public init(key: Ed25519.PublicKey, purpose: Purpose, log: String, validFrom: UInt64) {
        (self.key, self.purpose, self.log, self.validFrom) = (key, purpose, log, validFrom)
    }

    /// The canonical JSON that the root signs.
    public var canonicalBytes: [UInt8] {
        JSONValue.object([
            "algorithm": "Ed25519", "key": .string(Base64.encode(key.bytes)), "log": .string(log),
            "purpose": .string(purpose.rawValue), "valid_from": .integer(Int64(clamping: validFrom)),
        ]).canonicalBytes()
    }

    /// The certificate's bytes and the root's signature over them, under their own DSSE type.
    public func signed(by root: Ed25519.PrivateKey) -> (bytes: [UInt8], signature: [UInt8]) {
        let bytes = canonicalBytes
        return (bytes, root.sign(DSSE.preAuthenticationEncoding(type: DSSE.keyType, body: bytes)))
    }

    /// The same with any signer.
    ///
    /// - Throws: `.signer` when it cannot be asked.
    public func signed(by root: any Signer) throws(CryptoError) -> (bytes: [UInt8], signature: [UInt8]) {
        let bytes = canonicalBytes
        return (bytes, try root.sign(DSSE.preAuthenticationEncoding(type: DSSE.keyType, body: bytes)))
    }

    /// Reads a certificate and verifies it.
    ///
    /// - Throws: `.certificate` when it is malformed or `root` has not signed it.
    public init(_ bytes: [UInt8], signature: [UInt8], root: Ed25519.PublicKey) throws(LedgerError) {
        guard root.verify(signature, DSSE.preAuthenticationEncoding(type: DSSE.keyType, body: bytes)) else {
            throw LedgerError(.certificate, "not signed by the root")
        }
        try self.init(unsigned: bytes)
    }

    /// Reads a certificate that nobody has signed yet, to be shown and signed.
    ///
    /// - Throws: `.certificate` when it is malformed.
    public init(unsigned bytes: [UInt8]) throws(LedgerError) {
        do {
            var fields = try FieldReader(JSONValue.parse(bytes), path: "certificate.")
            guard try fields.text("algorithm") == "Ed25519", let raw = Base64.decode(try fields.text("key")),
                let purpose = Purpose(rawValue: try fields.text("purpose")),
                let validFrom = UInt64(exactly: try fields.integer("valid_from"))
            else { throw LedgerError(.certificate, "fields") }
            let (key, log) = (try Ed25519.PublicKey(raw), try fields.text("log"))
            self.init(key: key, purpose: purpose, log: log, validFrom: validFrom)
            try fields.finish()
        } catch { throw LedgerError(.certificate, "\(error)") }
    }

    /// Reads the payload of a `KeysCertified` event: `{"keys":[{"certificate":…,"signature":…}],"root":…}`, all base64.
    ///
    /// - Throws: `.certificate` unless it names this root and every certificate is its own and of this log.
    public static func list(
        payload: JSONValue, root: Ed25519.PublicKey, origin: String
    ) throws(LedgerError) -> [KeyCertificate] {
        guard payload["root"]?.stringValue == Base64.encode(root.bytes) else {
            throw LedgerError(.certificate, "another root key")
        }
        var certificates: [KeyCertificate] = []
        for key in payload["keys"]?.arrayValue ?? [] {
            guard let bytes = key["certificate"]?.stringValue.flatMap({ Base64.decode($0) }),
                let signature = key["signature"]?.stringValue.flatMap({ Base64.decode($0) })
            else { throw LedgerError(.certificate, "base64") }
            let certificate = try KeyCertificate(bytes, signature: signature, root: root)
            guard certificate.log.utf8.elementsEqual(origin.utf8) else {
                throw LedgerError(.certificate, "another log")
            }
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw LedgerError(.certificate, "no keys") }
        return certificates
    }
}

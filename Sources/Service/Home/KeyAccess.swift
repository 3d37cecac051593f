import Crypto
import Glibc
import PKCS11

/// What opens private keys that are not plain files: a passphrase, or a token's module and PIN, each in a file.
public struct KeyAccess: Sendable, Hashable {
    public var passphraseFile: String?
    public var module: String?
    public var pinFile: String?

    public init(passphraseFile: String? = nil, module: String? = nil, pinFile: String? = nil) {
        (self.passphraseFile, self.module, self.pinFile) = (passphraseFile, module, pinFile)
    }

    /// What seals new key files; nil when they lie open, protected by their rights alone.
    func passphrase() throws(ServiceError) -> SecretBytes? {
        try passphraseFile.map { path throws(ServiceError) in try Self.secret(path, "CXRLEDGER_KEY_PASSPHRASE_FILE") }
    }

    /// Opens a token.
    func token(_ label: String) throws(ServiceError) -> Token {
        guard let module, let pinFile else {
            throw ServiceError(
                .unavailable, "token-unset",
                "A key lies on the token \(label): name its module by CXRLEDGER_PKCS11_MODULE and the file of its PIN by CXRLEDGER_PKCS11_PIN_FILE."
            )
        }
        let pin = try Self.secret(pinFile, "CXRLEDGER_PKCS11_PIN_FILE")
        do { return try Token(label: label, module: module, pin: pin) } catch { throw Self.failure(error, label) }
    }

    static func failure(_ error: TokenError, _ label: String) -> ServiceError {
        let (code, advice): (String, String) =
            switch error.code {
            case .module: ("token-module", "Its module cannot be used; check CXRLEDGER_PKCS11_MODULE")
            case .absent: ("token-absent", "There is no such token; plug it in")
            case .pin: ("token-pin", "It refuses the PIN; check CXRLEDGER_PKCS11_PIN_FILE before it locks")
            case .key: ("token-key", "The key is not on it, or is another one")
            case .unsupported: ("token-unsupported", "It cannot do Ed25519 (CKM_EDDSA)")
            case .failed: ("token-failed", "It failed")
            }
        return ServiceError(.unavailable, code, "The token \(label): \(advice) (\(error.detail)).", cause: error.detail)
    }

    /// The first line of a file that only its owner may read.
    private static func secret(_ path: String, _ setting: String) throws(ServiceError) -> SecretBytes {
        guard let bytes = try SecretFile.read(path, limit: 4_096) else {
            throw ServiceError(.unavailable, "secret-missing", "\(setting) names \(path), which is not there.")
        }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        guard !line.isEmpty else {
            throw ServiceError(.unavailable, "secret-empty", "\(setting) names \(path), which is empty.")
        }
        return SecretBytes(Array(line))
    }
}

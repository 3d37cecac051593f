import CPKCS11
import Concurrency
public import Crypto

/// A token that keeps Ed25519 keys and signs with them: a hardware security module, or SoftHSM.
///
/// One session, which callers take turns at; a session that the token forgot is opened again.
public final class Token: Sendable {
    public let label: String
    private let module: TokenModule
    private let pin: SecretBytes
    private let session = Locked<TokenSession?>(nil)

    /// The name of the curve, as PKCS #11 v3.0 writes it (a PrintableString) and as older tokens do (an OID).
    private static let curves: [[UInt8]] = [
        [0x13, 0x0C] + Array("edwards25519".utf8), [0x06, 0x03, 0x2B, 0x65, 0x70],
    ]

    /// Opens a token by its label.
    ///
    /// - Throws: `.module`, `.absent`, `.pin` or `.failed`.
    public init(label: String, module path: String, pin: SecretBytes) throws(TokenError) {
        (self.label, self.pin) = (label, pin)
        module = try TokenModule.load(path)
        _ = try using { _ throws(TokenError) in }
    }

    /// The key of a label, with the public half that it must have.
    ///
    /// - Throws: `.key` when there is no such key, or it is another one.
    public func signer(_ object: String, publicKey: Ed25519.PublicKey) throws(TokenError) -> TokenSigner {
        let handle = try using { session throws(TokenError) in try session.privateKey(object) }
        let signer = TokenSigner(token: self, object: object, publicKey: publicKey, handle: handle)
        let probe = Array("cxrledger key check\n".utf8)
        guard publicKey.verify(try sign(probe, with: object, handle: handle).signature, probe) else {
            throw TokenError(.key, "the key \(object) is not the one that belongs here")
        }
        return signer
    }

    /// Makes a key that never leaves the token.
    public func generate(_ object: String) throws(TokenError) -> TokenSigner {
        let (handle, publicKey) = try using { session throws(TokenError) in
            do throws(TokenError) { return try session.generate(object, curve: Self.curves[0]) } catch {
                guard error.code == .unsupported || error.code == .failed else { throw error }
                return try session.generate(object, curve: Self.curves[1])
            }
        }
        return TokenSigner(token: self, object: object, publicKey: publicKey, handle: handle)
    }

    /// Removes a key for good.
    public func remove(_ object: String) throws(TokenError) {
        try using { session throws(TokenError) in try session.remove(object) }
    }

    /// Signs; a handle that belongs to an earlier session is looked up again.
    func sign(
        _ message: [UInt8], with object: String, handle: TokenSession.Handle
    ) throws(TokenError) -> (signature: [UInt8], handle: TokenSession.Handle) {
        try using { session throws(TokenError) in
            let current = handle.session == session.id ? handle : try session.privateKey(object)
            return (try session.sign(message, with: current), current)
        }
    }

    /// Runs `body` in the one session; when that was lost, once more in a new one.
    private func using<Result>(
        _ body: (TokenSession) throws(TokenError) -> Result
    ) throws(TokenError) -> Result {
        try session.withLock { known throws(TokenError) in
            if let session = known {
                do throws(TokenError) { return try body(session) } catch {
                    guard error.code == .failed || error.code == .absent else { throw error }
                    known = nil
                }
            }
            let session = try TokenSession(module, label: label, pin: pin)
            known = session
            return try body(session)
        }
    }
}

/// One key on a token.
public struct TokenSigner: Signer {
    public let publicKey: Ed25519.PublicKey
    public let token: Token
    public let object: String
    private let handle: Locked<TokenSession.Handle>

    init(token: Token, object: String, publicKey: Ed25519.PublicKey, handle: TokenSession.Handle) {
        (self.token, self.object, self.publicKey) = (token, object, publicKey)
        self.handle = Locked(handle)
    }

    /// Where the key lies.
    public var address: TokenAddress { TokenAddress(token: token.label, object: object) }

    public func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let known = handle.withLock { $0 }
        do {
            let (signature, current) = try token.sign(message, with: object, handle: known)
            if current != known { handle.withLock { $0 = current } }
            guard signature.count == Ed25519.signatureCount else { throw TokenError(.failed, "signature") }
            return signature
        } catch { throw .signer }
    }
}

/// Why a token did not do what was asked.
public struct TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing was wrong; the names are stable.
    public enum Code: String, Hashable, Sendable {
        /// The module cannot be loaded, or is none.
        case module
        /// No token of this name is plugged in.
        case absent
        /// The token refuses the PIN.
        case pin
        /// There is no such key on the token, or several of its name.
        case key
        /// The token cannot do Ed25519.
        case unsupported
        /// The token failed in another way.
        case failed
    }

    public let code: Code
    /// What exactly, for the log: a call of PKCS #11 and its answer, never a PIN.
    public let detail: String

    public init(_ code: Code, _ detail: String = "") { (self.code, self.detail) = (code, detail) }

    public var description: String { detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)" }
}

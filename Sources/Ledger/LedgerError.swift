/// Why bytes from a log, a note or a proof were refused.
///
/// Branch on `code`; `description` quotes nothing but names of fields and sizes.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing was wrong; the names are stable.
    public enum Code: String, Hashable, Sendable {
        /// An entry that does not follow the frozen layout.
        case layout
        /// An envelope that is no canonical JSON.
        case canonical
        /// An envelope with a missing, unknown or impossible field.
        case field
        /// More bytes than allowed.
        case tooLarge = "too-large"
        /// Text that is no signed note.
        case note
        /// Text that is no verifier key.
        case verifierKey = "verifier-key"
        /// Text that is no checkpoint, or the checkpoint of another log.
        case checkpoint
        /// A proof that is malformed or proves something else.
        case proof
        /// A tile that is missing, too short or misnamed.
        case tile
        /// A signature that does not hold, or no signature of a known key.
        case signature
        /// A policy file that breaks a rule of its format.
        case policy
        /// A key certificate that is malformed, of another log, or not signed by the root.
        case certificate
    }

    public let code: Code
    /// What exactly, for the log.
    public let detail: String

    public init(_ code: Code, _ detail: String = "") { (self.code, self.detail) = (code, detail) }

    public var description: String { detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)" }
}

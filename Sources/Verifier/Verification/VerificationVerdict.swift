/// What a verification found, for people and for programs.
public struct VerificationVerdict: Codable, Hashable, Sendable {
    /// One thing that was looked at, or would have been.
    public struct Check: Codable, Hashable, Sendable {
        public let name: String
        /// The standard or format that it follows.
        public let standard: String
        /// `passed`, `failed` or `not checked`.
        public let verdict: String
        /// A sentence.
        public let detail: String
    }

    /// `export`, `passport` or `proof`.
    public let kind: String
    /// Whether everything holds and nothing is flagged.
    public let ok: Bool
    /// `verified`, or the code of the first check that failed.
    public let code: String
    /// The exit status.
    public let exit: Int32
    /// A sentence.
    public let summary: String
    public let origin: String?
    /// The tree that everything is proved in.
    public let size: UInt64?
    /// Hex.
    public let root: String?
    public let checks: [Check]
    /// What nobody should believe because of this verification, in sentences.
    public let notChecked: [String]
    /// Entries and signatures that only a compromised key vouches for, in sentences.
    public let flags: [String]

    /// What is said of something that cannot even be taken apart.
    public static func malformed(_ kind: String, _ sentence: String) -> VerificationVerdict {
        var book = CheckBook(kind: kind, leavingOut: [])
        book.fail(.form, .malformed, sentence)
        return book.verdict(origin: nil, size: nil, root: nil, success: "")
    }
}

/// Why an archive could not be written or read.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// A file cannot be read or written.
        case unusable = "archive-unusable"
        /// No space is left.
        case full = "archive-full"
        /// It is no archive of this kind, is damaged, or holds something else than it should.
        case foreign = "archive-foreign"
    }

    public let code: Code
    /// What exactly, for the log.
    public let detail: String

    public init(_ code: Code, _ detail: String = "") { (self.code, self.detail) = (code, detail) }

    public var description: String { detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)" }
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

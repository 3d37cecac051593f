/// A file of a database that is not as it should be.
public struct StorageDamage: Equatable, Sendable {
    /// What the file holds.
    public enum Part: Sendable { case log, lists, secrets }

    public let part: Part
    public let file: String
    /// In words.
    public let finding: String

    public init(_ part: Part, file: String, finding: String) {
        (self.part, self.file, self.finding) = (part, file, finding)
    }
}

/// Settings that cannot be used, each with the reason and an example.
public struct SettingsError: Error, Hashable, CustomStringConvertible {
    public struct Problem: Hashable, Sendable {
        public let name: String
        public let reason: String
        public let example: String
    }

    public let problems: [Problem]

    public var description: String {
        problems.map { "\($0.name): \($0.reason). Example: \($0.name)=\($0.example)" }.joined(separator: "\n")
    }
}

/// Settings that cannot be used, each with the reason and an example.
public struct SettingsError: Error, Hashable, CustomStringConvertible {
    public struct Problem: Hashable, Sendable {
        public let name: String
        public let reason: String
        public let example: String

        /// A problem with a setting of the product, whose example is taken from its definition.
        public init(_ name: String, _ reason: String) {
            (self.name, self.reason) = (name, reason)
            example = SettingDefinition.all.first { $0.name == name }?.example ?? ""
        }
    }

    public let problems: [Problem]

    public init(problems: [Problem]) { self.problems = problems }

    public var description: String {
        problems.map { "\($0.name): \($0.reason). Example: \($0.name)=\($0.example)" }.joined(separator: "\n")
    }
}

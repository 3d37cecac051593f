/// A flag that a command knows: a switch, or one that takes a value.
struct Flag: Sendable, Hashable {
    /// Without the dashes; underscores count as dashes when it is compared.
    let name: String
    /// What stands for the value in the help; nil for a switch.
    let value: String?
    let help: String
    /// Other names that operators know.
    var aliases: [String] = []
    /// The only values that are taken; any when empty.
    var choices: [String] = []
    /// Whether the value is about a patient: other users of the machine do not see it in the process list.
    var isPrivate = false
    /// Whether the command asks for it.
    var isRequired = false

    init(
        _ name: String, _ value: String? = nil, _ help: String, aliases: [String] = [], choices: [String] = [],
        isPrivate: Bool = false, isRequired: Bool = false
    ) {
        (self.name, self.value, self.help) = (name, value, help)
        (self.aliases, self.choices, self.isPrivate, self.isRequired) = (aliases, choices, isPrivate, isRequired)
    }

    /// The name that a word such as `--patient_id=7` begins with; nil for a word that is no flag.
    static func name(in word: String) -> String? {
        guard word.hasPrefix("--") else { return nil }
        return String(word.prefix { $0 != "=" }.drop { $0 == "-" }.replacing("_", with: "-"))
    }

    /// As it is written: `--patient ID`.
    var usage: String { "--\(name)" + (value.map { " \($0)" } ?? "") }

    func answers(to text: String) -> Bool { name == text || aliases.contains(text) }
}

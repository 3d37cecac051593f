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

    init(_ name: String, _ value: String? = nil, _ help: String, aliases: [String] = [], choices: [String] = []) {
        (self.name, self.value, self.help) = (name, value, help)
        (self.aliases, self.choices) = (aliases, choices)
    }

    /// As it is written: `--patient ID`.
    var usage: String { "--\(name)" + (value.map { " \($0)" } ?? "") }

    func answers(to text: String) -> Bool { name == text || aliases.contains(text) }
}

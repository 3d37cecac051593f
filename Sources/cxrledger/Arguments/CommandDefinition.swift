/// What the parser and the help know of a command.
struct CommandDefinition: Sendable {
    /// Where the help lists a command.
    enum Section: String, Sendable, CaseIterable {
        case predictions = "Predict and review"
        case evidence = "Evidence"
        case models = "Models"
        case operations = "Operations"
        case other = "Other"
    }

    /// What a command needs to reach.
    enum Reach: Sendable {
        /// Neither a store nor a service.
        case nothing
        /// Only the store itself; the command says so when it is asked to go over `--server`.
        case store
        /// The store, or a service with `--server`.
        case either
    }

    /// A word that is no flag.
    struct Operand: Sendable {
        let name: String
        var isRepeated = false
        var isOptional = false

        var usage: String {
            let name = isRepeated ? "\(name)…" : name
            return isOptional ? "[\(name)]" : name
        }
    }

    /// The words that name it: `["models", "show"]`.
    let words: [String]
    let section: Section
    /// One line, without a full stop.
    let summary: String
    /// What it does and what to know; paragraphs.
    let discussion: String
    var operands: [Operand] = []
    var flags: [Flag] = []
    var examples: [String] = []
    var reach = Reach.either
    /// What 0 and 1 mean, when that is not obvious.
    var exits: String?

    var name: String { words.joined(separator: " ") }

    /// The line that shows how it is written.
    var usage: String {
        (["cxrledger"] + words + operands.map(\.usage) + flags.map { $0.isRequired ? $0.usage : "[\($0.usage)]" })
            .joined(separator: " ")
    }
}

/// The help as programs read it: the commands that were asked about, and what holds for all.
struct HelpDocument: Encodable {
    struct Option: Encodable {
        let name: String
        /// What stands for the value; none for a switch.
        let value: String?
        let summary: String
        let choices: [String]

        init(_ flag: Flag) {
            (name, value, summary, choices) = ("--" + flag.name, flag.value, flag.help, flag.choices)
        }
    }

    struct Command: Encodable {
        let name: String
        let section: String
        let summary: String
        let usage: String
        let description: String
        let flags: [Option]
        let examples: [String]
        let exits: String

        init(_ definition: CommandDefinition) {
            (name, section, summary) = (definition.name, definition.section.rawValue, definition.summary)
            (usage, description, examples) = (definition.usage, definition.discussion, definition.examples)
            (flags, exits) = (definition.flags.map(Option.init), Help.exits(of: definition))
        }
    }

    struct Exit: Encodable {
        let code: Int32
        let meaning: String
    }

    let commands: [Command]
    let flagsOfEveryCommand: [Option]
    let settings: [Option]
    let exits = ExitStatus.allCases.map { Exit(code: $0.rawValue, meaning: $0.meaning) }

    /// The help on a command, a group of commands, or everything.
    init(on path: [String], table: [CommandDefinition]) {
        commands = table.filter { $0.words.starts(with: path) }.map(Command.init)
        flagsOfEveryCommand = GlobalFlags.common.map(Option.init)
        settings = GlobalFlags.settings.map { Option($0.flag) }
    }
}

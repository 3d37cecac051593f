/// Turns the words of a call into what is to be done; a pure function of the words and the table of commands.
struct ArgumentParser {
    /// What a call asks for.
    enum Request: Equatable {
        case run(Arguments)
        /// Help on a command, a group of commands, or everything.
        case help([String], isLong: Bool)
    }

    private let table: [CommandDefinition]
    private let globals: [Flag]
    private var arguments = Arguments()
    private var help: Request?

    private init(table: [CommandDefinition], globals: [Flag]) { (self.table, self.globals) = (table, globals) }

    /// Parses the words after the program's name.
    ///
    /// - Throws: a usage failure that names the word and what was probably meant; `out-of-scope` for commands of the
    ///   service that this one replaces.
    static func parse(
        _ words: [String], table: [CommandDefinition], globals: [Flag]
    ) throws(Failure) -> Request {
        var parser = ArgumentParser(table: table, globals: globals)
        return try parser.run(words)
    }

    private mutating func run(_ words: [String]) throws(Failure) -> Request {
        var rest = words[...]
        var flagsEnded = false
        while let word = rest.popFirst() {
            if !flagsEnded, word == "--" {
                flagsEnded = true
            } else if !flagsEnded, word.hasPrefix("-"), word != "-" {
                try takeFlag(word, &rest)
            } else {
                try takeWord(word)
            }
        }
        let path = arguments.command
        if path == ["help"] || (path.isEmpty && help == nil && words.isEmpty) {
            guard arguments.operands.isEmpty || isKnown(arguments.operands) else { throw unknown(arguments.operands) }
            return .help(arguments.operands, isLong: true)
        }
        if case .help(_, let isLong) = help { return .help(path, isLong: isLong) }
        guard let definition else { throw incomplete() }
        try checkOperands(definition)
        return .run(arguments)
    }

    /// The command that the words so far name.
    private var definition: CommandDefinition? { table.first { $0.words == arguments.command } }

    private func isKnown(_ path: [String]) -> Bool { table.contains { $0.words.starts(with: path) } }

    // MARK: Words

    private mutating func takeWord(_ word: String) throws(Failure) {
        let isHelp = arguments.command == ["help"]
        if arguments.operands.isEmpty, !isHelp,
            isKnown(arguments.command + [word]) || arguments.command + [word] == ["help"]
        {
            arguments.command.append(word)
        } else if isHelp || definition != nil {
            arguments.operands.append(word)
        } else {
            throw unknown(arguments.command + [word])
        }
    }

    private func unknown(_ path: [String]) -> Failure {
        let known = path.indices.last { isKnown(Array(path[..<$0])) } ?? 0
        let (group, word) = (Array(path[..<known]), path[known])
        if group.isEmpty, let sentence = Replaced.sentence(for: word) { return .outOfScope(sentence) }
        let candidates = Set(
            table.filter { $0.words.starts(with: group) && $0.words.count > known }.map { $0.words[known] })
        let hint = Suggestion.nearest(to: word, among: candidates).map { " Did you mean `\($0)`?" } ?? ""
        let place = group.isEmpty ? "command" : "`\(group.joined(separator: " "))` command"
        return .usage("There is no \(place) `\(word)`.\(hint)", help: group)
    }

    private func incomplete() -> Failure {
        guard !arguments.command.isEmpty else { return .usage("A command is missing.", help: []) }
        let known = table.filter { $0.words.starts(with: arguments.command) }.compactMap(\.words.last)
        return .usage(
            "`\(arguments.command.joined(separator: " "))` needs one of: \(known.joined(separator: ", ")).",
            help: arguments.command)
    }

    private func checkOperands(_ definition: CommandDefinition) throws(Failure) {
        let needed = definition.operands.filter { !$0.isOptional }.count
        if arguments.operands.count < needed {
            let missing = definition.operands.filter { !$0.isOptional }[arguments.operands.count]
            throw .usage("\(missing.name) is missing: \(definition.usage)", help: definition.words)
        }
        if definition.operands.contains(where: \.isRepeated) { return }
        if arguments.operands.count > definition.operands.count {
            let extra = arguments.operands[definition.operands.count]
            throw .usage("`\(definition.name)` does not take `\(extra)`: \(definition.usage)", help: definition.words)
        }
    }

    // MARK: Flags

    private mutating func takeFlag(_ word: String, _ rest: inout ArraySlice<String>) throws(Failure) {
        if word == "-h" || word == "--help" {
            help = .help([], isLong: word == "--help")
            return
        }
        if word == "--version", arguments.command.isEmpty {
            arguments.command = ["version"]
            return
        }
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let known = globals + (definition?.flags ?? [])
        guard let name = Flag.name(in: word), let flag = known.first(where: { $0.answers(to: name) }) else {
            throw unknownFlag(String(parts[0]), Flag.name(in: word) ?? word, known)
        }
        guard let placeholder = flag.value else {
            guard parts.count == 1 else { throw .usage("--\(flag.name) takes no value.", help: arguments.command) }
            arguments.flags[flag.name, default: []] += []
            return
        }
        var value = parts.count == 2 ? String(parts[1]) : nil
        if value == nil, let next = rest.first, !next.hasPrefix("--") { value = rest.popFirst() }
        guard let value else {
            throw .usage("--\(flag.name) needs a value: --\(flag.name) \(placeholder)", help: arguments.command)
        }
        guard flag.choices.isEmpty || flag.choices.contains(value) else {
            let choices = flag.choices.joined(separator: ", ")
            throw .usage("--\(flag.name) takes one of \(choices), not `\(value)`.", help: arguments.command)
        }
        arguments.flags[flag.name, default: []].append(value)
    }

    private func unknownFlag(_ written: String, _ name: String, _ known: [Flag]) -> Failure {
        let names = known.flatMap { [$0.name] + $0.aliases }
        if let meant = Suggestion.nearest(to: name, among: names) {
            return .usage("There is no flag \(written). Did you mean --\(meant)?", help: arguments.command)
        }
        if definition == nil, table.contains(where: { $0.flags.contains { $0.answers(to: name) } }) {
            return .usage("\(written) belongs to a command: write it behind the command's name.", help: [])
        }
        let place = arguments.command.isEmpty ? "" : " for `\(arguments.command.joined(separator: " "))`"
        return .usage("There is no flag \(written)\(place).", help: arguments.command)
    }
}

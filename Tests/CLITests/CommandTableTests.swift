import Testing

@testable import cxrledger

@Suite struct `The table of commands` {
    let definitions = CommandTable.definitions

    @Test func `names every command once`() {
        #expect(Set(definitions.map(\.name)).count == definitions.count)
    }

    @Test func `has flags that neither clash nor hide a global one`() {
        for definition in definitions {
            let names = definition.flags.flatMap { [$0.name] + $0.aliases }
            #expect(Set(names).count == names.count, "\(definition.name)")
            // The lock that survived is named in the words that operators use for it.
            let hidden = names.filter { name in GlobalFlags.all.contains { $0.answers(to: name) } }
            #expect(hidden == (definition.name == "restore" ? ["lock"] : []), "\(definition.name)")
        }
        let globals = GlobalFlags.all.flatMap { [$0.name] + $0.aliases }
        #expect(Set(globals).count == globals.count)
    }

    @Test func `has examples that its own parser reads`() throws {
        for definition in definitions {
            #expect(!definition.examples.isEmpty, "\(definition.name)")
            for example in definition.examples {
                let words = example.split(separator: " ").map { $0.filter { $0 != "'" } }
                let start = try #require(words.firstIndex(of: "cxrledger"), "\(example)")
                let call = words[(start + 1)...].prefix { $0 != ">" }.filter { !$0.isEmpty }
                // Blanks inside quotes end a value here, so a repeated operand stands in for the rest of the text.
                guard !example.contains("'") else { continue }
                let request = try ArgumentParser.parse(Array(call), table: definitions, globals: GlobalFlags.all)
                guard case .run(let arguments) = request else { throw Failure("help", example) }
                #expect(arguments.command == definition.words)
            }
        }
    }

    @Test func `is taught by the help, command by command`() {
        let console = Console(environment: ["NO_COLOR": "1"], flags: [])
        let overview = Help.text(on: [], isLong: true, table: definitions, console: console)
        for definition in definitions {
            #expect(overview.contains(definition.summary), "\(definition.name)")
            let help = Help.text(on: definition.words, isLong: true, table: definitions, console: console)
            #expect(help.contains(definition.usage) && help.contains("Exit code"), "\(definition.name)")
            for flag in definition.flags { #expect(help.contains(flag.help), "\(definition.name) --\(flag.name)") }
        }
    }
}

/// The texts that teach how the program is used.
enum Help {
    /// The help on a command, a group, or everything.
    static func text(on path: [String], isLong: Bool, table: [CommandDefinition], console: Console) -> String {
        let named = table.filter { $0.words.starts(with: path) }
        if let command = named.first(where: { $0.words == path }) {
            return self.text(on: command, isLong: isLong, console: console)
                + (named.count > 1 ? "\n" + list(named.filter { $0.words != path }) : "")
        }
        return path.isEmpty ? overview(table, isLong: isLong, console: console) : list(named)
    }

    /// One command.
    private static func text(on command: CommandDefinition, isLong: Bool, console: Console) -> String {
        var text = "\(command.summary).\n\n\(heading("Usage", console))\n  \(command.usage)\n"
        if isLong { text += "\n\(wrapped(command.discussion, width: 100))\n" }
        if !command.flags.isEmpty { text += "\n\(heading("Flags", console))\n\(rows(command.flags))" }
        guard isLong else { return text + "\nMore: cxrledger help \(command.name)\n" }
        if !command.examples.isEmpty {
            text += "\n\(heading("Examples", console))\n" + command.examples.map { "  \($0)\n" }.joined()
        }
        text += "\n\(heading("Exit code", console))\n  \(exits(of: command))\n"
        if command.reach == .store { text += "\nWorks on the store itself, not over --server.\n" }
        text += "\n\(heading("Flags of every command", console))\n\(rows(GlobalFlags.common))"
        if command.words == ["serve"] || command.words.first == "config" {
            text += "\n\(heading("Settings", console))\n\(rows(GlobalFlags.settings.map(\.flag)))"
        } else {
            text += "  --home, --database, --port, …  settings; `cxrledger help config` lists them\n"
        }
        return text
    }

    /// All commands by section.
    private static func overview(_ table: [CommandDefinition], isLong: Bool, console: Console) -> String {
        var text = "cxrledger: chest X-ray predictions that are never made without a signed, provable record.\n"
        text += "\n\(heading("Usage", console))\n  cxrledger COMMAND [FLAG]…\n"
        for section in CommandDefinition.Section.allCases {
            let commands = table.filter { $0.section == section }
            text += "\n\(heading(section.rawValue, console))\n" + list(commands)
        }
        guard isLong else { return text + "\nMore: cxrledger help COMMAND\n" }
        text += "\n\(heading("Flags of every command", console))\n\(rows(GlobalFlags.common))"
        text += "  --home, --database, --port, …  settings; `cxrledger help config` lists them\n"
        text += "\n\(heading("Exit codes", console))\n"
        text += ExitStatus.allCases.map { "  \($0.rawValue)  \($0.meaning)\n" }.joined()
        text += "\n\(heading("JSON", console))\n"
        text +=
            "  With --json the answer is one document on standard output. A command that fails writes none there, but\n"
        text +=
            "  one on standard error: code, detail and exit. Notes stand beside it there, unless --quiet is given.\n"
        text += "\n\(heading("First steps", console))\n"
        text += "  cxrledger serve                      # the first start prints the administrator's key\n"
        text += "  cxrledger predict scan.jpeg          # beside the running service, on the same store\n"
        text += "  cxrledger verify                     # every entry, signature, hash and file\n"
        text += "  cxrledger help predict               # help on one command\n"
        return text
    }

    /// What the exit codes of a command mean.
    static func exits(of command: CommandDefinition) -> String { "\(command.exits ?? "0 done, 1 failed"), 2 misused" }

    private static func list(_ commands: [CommandDefinition]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        return commands.map { "  \($0.name.padded(to: width))  \($0.summary)\n" }.joined()
    }

    private static func rows(_ flags: [Flag]) -> String {
        let width = min(30, flags.map(\.usage.count).max() ?? 0)
        return flags.map { flag in
            let choices = flag.choices.isEmpty ? "" : " (\(flag.choices.joined(separator: ", ")))"
            return "  \(flag.usage.padded(to: width))  \(flag.help)\(choices)\n"
        }.joined()
    }

    private static func heading(_ text: String, _ console: Console) -> String { console.paint(text, .heading) }

    /// Breaks paragraphs at blanks.
    static func wrapped(_ text: String, width: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
            var lines: [String] = []
            for word in paragraph.split(separator: " ") {
                if let last = lines.last, last.count + 1 + word.count <= width {
                    lines[lines.count - 1] = last + " " + word
                } else {
                    lines.append(String(word))
                }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

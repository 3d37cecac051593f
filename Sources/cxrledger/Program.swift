import FoundationEssentials
import Glibc
import HTTPServer

/// The program: words in, exit code out.
@main enum Program {
    static func main() async {
        // Before anything is allocated: pictures are large and short-lived.
        HTTPServer.returnLargeBlocksToTheSystem()
        // A reader who leaves is told apart by the failed write, and must not end the process.
        signal(SIGPIPE, SIG_IGN)
        // What is written is nobody else's to read, whatever the shell says.
        umask(0o027)
        let words = Array(CommandLine.arguments.dropFirst())
        ProcessArguments.hideValues(of: CommandTable.definitions.flatMap(\.flags))
        exit(await run(words, environment: ProcessInfo.processInfo.environment).rawValue)
    }

    /// Runs one call.
    static func run(_ words: [String], environment: [String: String]) async -> ExitStatus {
        // From the words themselves: a call that cannot be parsed is refused in the way it asks for, too.
        let flags = Set(words.prefix { $0 != "--" }.compactMap(Flag.name))
        let console = Console(environment: environment, flags: flags)
        do {
            let table = CommandTable.definitions
            switch try ArgumentParser.parse(words, table: table, globals: GlobalFlags.all) {
            case .help(let path, let isLong):
                try console.show(HelpDocument(on: path, table: table)) {
                    Help.text(on: path, isLong: isLong, table: table, console: console)
                }
                return .done
            case .run(let arguments): return try await run(arguments, environment: environment, console)
            }
        } catch {
            let failure = Failure(error)
            console.complain(failure)
            return failure.exit
        }
    }

    private static func run(
        _ arguments: Arguments, environment: [String: String], _ console: Console
    ) async throws -> ExitStatus {
        guard let command = CommandTable.all.first(where: { $0.definition.words == arguments.command }) else {
            throw Failure.usage("There is no command `\(arguments.command.joined(separator: " "))`.")
        }
        let invocation = Invocation(arguments, environment: environment, console: console)
        try invocation.check(command.definition)
        return try await command.run(invocation)
    }
}

import Service

/// `log checkpoint`: print the last released checkpoint.
enum LogCheckpoint: Command {
    static let definition = CommandDefinition(
        words: ["log", "checkpoint"], section: .evidence, summary: "Print the last released checkpoint",
        discussion: """
            The signed size and root of the log, a C2SP signed note: keep one, and whatever comes later can be proved to go \
            on from it.
            """,
        examples: ["cxrledger log checkpoint > today.checkpoint"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let note = try await invocation.access().checkpoint()
        try invocation.console.show(["checkpoint": note]) { String(note.dropLast()) }
        return .done
    }
}

import Service

/// `log checkpoint`: print the last released checkpoint.
enum LogCheckpoint: Command {
    static let definition = CommandDefinition(
        words: ["log", "checkpoint"], section: .evidence, summary: "Print the last released checkpoint",
        discussion: """
            The signed size and root of the log, a C2SP signed note: keep one, and whatever comes later can be proved to go \
            on from it. With --witnessed it is the last one that enough witnesses cosigned (TLOG_POLICY), with their lines.
            """,
        flags: [Flag("witnessed", nil, "the last one that met the quorum of witnesses, with their cosignatures")],
        examples: ["cxrledger log checkpoint > today.checkpoint", "cxrledger log checkpoint --witnessed"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let access = try await invocation.access()
        let isWitnessed = invocation.arguments.has("witnessed")
        let note = try await isWitnessed ? access.witnessedCheckpoint() : access.checkpoint()
        try invocation.console.show(["checkpoint": note]) { String(note.dropLast()) }
        return .done
    }
}

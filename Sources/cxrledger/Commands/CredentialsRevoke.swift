/// `credentials revoke`: the end of a credential.
enum CredentialsRevoke: Command {
    static let definition = CommandDefinition(
        words: ["credentials", "revoke"], section: .operations, summary: "End a credential for good",
        discussion: """
            The key is refused from the acknowledgement on, by every process on this log, and its sessions end. The last \
            administrator cannot be revoked.
            """,
        operands: [.init(name: "ID")], flags: [Flag("reason", "TEXT", "why")],
        examples: ["cxrledger credentials revoke c0123456789ab --reason 'Left the hospital'"])

    private struct Report: Encodable {
        let id: String
        let state: String
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let id = invocation.arguments.operands[0]
        try await invocation.access().revoke(id, reason: invocation.arguments.value("reason") ?? "")
        try invocation.console.show(Report(id: id, state: "revoked")) { "revoked \(Printable.text(id))" }
        return .done
    }
}

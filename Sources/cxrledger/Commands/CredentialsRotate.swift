/// `credentials rotate`: a new key for the same credential.
enum CredentialsRotate: Command {
    static let definition = CommandDefinition(
        words: ["credentials", "rotate"], section: .operations, summary: "Replace a credential's key",
        discussion:
            "The old key ends with the acknowledgement, in every process on this log. The new one is printed once.",
        operands: [.init(name: "ID")], examples: ["cxrledger credentials rotate c0123456789ab"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let credential = try await invocation.access().rotate(invocation.arguments.operands[0])
        try CredentialsIssue.show(credential, invocation.console)
        return .done
    }
}

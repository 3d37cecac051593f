import Service

/// `credentials list`: who holds keys.
enum CredentialsList: Command {
    static let definition = CommandDefinition(
        words: ["credentials", "list"], section: .operations, summary: "List credentials, without their keys",
        discussion: "The list is in the order of issue. Keys are not shown: only their digests were ever stored.",
        examples: ["cxrledger credentials list"])

    private struct Report: Encodable { let credentials: [CredentialView] }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (credentials, console) = (try await invocation.access().credentials(), invocation.console)
        try console.show(Report(credentials: credentials)) {
            let rows = credentials.map { credential -> [TextTable.Cell] in
                let style: Console.Style = credential.state == "active" ? .good : .faint
                return [
                    .init(credential.id), .init(credential.role), .init(credential.state, style),
                    .init(credential.name),
                ]
            }
            return TextTable(["ID", "ROLE", "STATE", "NAME"], rows).text(console)
        }
        return .done
    }
}

import Records
import Service

/// `credentials issue`: a new API key.
enum CredentialsIssue: Command {
    static let definition = CommandDefinition(
        words: ["credentials", "issue"], section: .operations, summary: "Give out a new API key",
        discussion: """
            The key is printed once, on standard output; the log keeps its digest. What a role may do is one table: deny \
            by default. Clinicians predict and review, auditors read and verify, operators care for models and backups, \
            security sees the timeline and may rotate and revoke keys, administrators may do everything.
            """,
        flags: [
            Flag("role", "ROLE", "what it is for", choices: Role.allCases.map(\.rawValue)),
            Flag("name", "NAME", "whose it is"),
        ],
        examples: ["cxrledger credentials issue --role clinician --name 'Dr. Okafor'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        guard let role = arguments.value("role"), let name = arguments.value("name") else {
            throw Failure.usage("A key has a role and a name: --role ROLE --name NAME.", help: definition.words)
        }
        try show(try await invocation.access(creating: true).issue(role: role, name: name), invocation.console)
        return .done
    }

    /// Shows a new key, once.
    static func show(_ credential: IssuedCredential, _ console: Console) throws {
        try console.show(credential) {
            TextTable.fields(
                [
                    ("id", .init(credential.id)), ("role", .init(credential.role)), ("name", .init(credential.name)),
                    ("key", .init(credential.key, .good)),
                ], console)
        }
        console.note("Keep this key: it is shown once and never again; only its digest is stored.")
    }
}

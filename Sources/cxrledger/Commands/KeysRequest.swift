import Service

/// `keys request`: new keys that wait for a root key which is kept elsewhere.
enum KeysRequest: Command {
    static let definition = CommandDefinition(
        words: ["keys", "request"], section: .operations, summary: "Make keys that wait for the root's certificates",
        discussion: """
            Prints a request to bring to the machine that keeps the root key (`keys certify`). The private keys stay here \
            and sign nothing until `keys rotate --certificates` puts them into the log. Asking again gives the same keys.
            """,
        flags: [KeysRotate.purpose, KeysRotate.token], examples: ["cxrledger keys request > request.json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        let request = try await invocation.access().requestKeys(
            KeysRotate.purposes(arguments) ?? ["event", "checkpoint"], on: arguments.value("token"))
        // The document itself, whether or not JSON was asked for.
        invocation.console.print(request)
        return .done
    }
}

import Service

/// `keys compromised`: somebody else may have signed with a key.
enum KeysCompromised: Command {
    static let definition = CommandDefinition(
        words: ["keys", "compromised"], section: .operations, summary: "Say that a key may be in other hands",
        discussion: """
            From then on every verifier flags what only this key vouches for from the index on. Nothing is hidden, and \
            nothing becomes invalid. Replace a key that still signs first (`keys rotate`): from that event on a thief can \
            sign nothing that anybody accepts. Older proofs, cosignatures and time stamps that others hold tell what was \
            there before.
            """,
        operands: [.init(name: "KEY")],
        flags: [
            Flag("from", "INDEX", "the first index in doubt", isRequired: true),
            Flag("reason", "TEXT", "why; kept in the log"),
        ],
        examples: ["cxrledger keys compromised 5f2a90c1d3e47b86 --from 184467 --reason 'INC-2291'"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        guard let index = try arguments.number("from", in: 0...Int.max) else {
            throw Failure.usage("Name the first index in doubt with --from INDEX.", help: definition.words)
        }
        let list = try await invocation.access().reportCompromised(
            arguments.operands[0], from: UInt64(index), reason: arguments.value("reason") ?? "")
        try KeysList.show(list, invocation.console)
        let isCurrent = list.keys.contains { $0.id.hasPrefix(arguments.operands[0]) && $0.state == "current" }
        if isCurrent { invocation.console.warn("This key still signs: replace it now with `cxrledger keys rotate`.") }
        return .done
    }
}

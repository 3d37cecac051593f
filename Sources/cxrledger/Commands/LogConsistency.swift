import Service

/// `log consistency`: that the log only grew.
enum LogConsistency: Command {
    static let definition = CommandDefinition(
        words: ["log", "consistency"], section: .evidence, summary: "Prove that the log only grew between two sizes",
        discussion: """
            Whoever kept a checkpoint of the smaller size sees by the hashes (RFC 6962) that its tree is the beginning of \
            the larger one: nothing before was changed or taken away.
            """,
        operands: [.init(name: "FROM"), .init(name: "TO", isOptional: true)],
        examples: ["cxrledger log consistency 100", "cxrledger log consistency 100 250 --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let sizes = try invocation.arguments.operands.map { text in
            guard let size = UInt64(text), size <= Int64.max else {
                throw Failure.usage("A size is a whole number, not `\(text)`.", help: ["log", "consistency"])
            }
            return size
        }
        let view = try await invocation.access().consistency(from: sizes[0], to: sizes.dropFirst().first)
        try invocation.console.show(view) {
            TextTable.fields(
                [
                    ("from", "\(view.from)"), ("root", .init(view.fromRoot)), ("to", "\(view.to)"),
                    ("root", .init(view.toRoot)),
                ] + view.hashes.map { ("", .init($0)) }, invocation.console)
        }
        return .done
    }
}

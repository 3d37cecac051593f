import Service

/// `log prove`: that an entry is in the log.
enum LogProve: Command {
    static let definition = CommandDefinition(
        words: ["log", "prove"], section: .evidence, summary: "Prove that an entry is in the log",
        discussion: """
            Names the entry by its index, its event id or its hash. What is printed is a C2SP tlog-proof against the \
            released checkpoint; whoever holds the entry checks it without this log. With --size the proof is for an \
            earlier tree, of which an old checkpoint tells the root.
            """,
        operands: [.init(name: "ENTRY")], flags: [Flag("size", "N", "the tree to prove it in")],
        examples: ["cxrledger log prove 42 > 42.tlog-proof", "cxrledger log prove 42 --size 100 --json"])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        let size = try arguments.number("size", in: 0...Int.max).map { UInt64($0) }
        let view = try await invocation.access().inclusion(of: arguments.operands[0], size: size)
        try invocation.console.show(view) {
            if let proof = view.proof { return String(proof.dropLast()) }
            let hashes = view.hashes.map { ("", TextTable.Cell($0)) }
            return TextTable.fields(
                [
                    ("index", "\(view.index)"), ("size", "\(view.size)"), ("leaf hash", .init(view.leafHash)),
                    ("root", .init(view.root)),
                ] + hashes, invocation.console)
        }
        return .done
    }
}

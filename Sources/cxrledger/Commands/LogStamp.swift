import Service

/// `log stamp`: have the latest checkpoint stamped by the time-stamp authority.
enum LogStamp: Command {
    static let definition = CommandDefinition(
        words: ["log", "stamp"], section: .evidence, summary: "Have the latest checkpoint time-stamped now",
        discussion: """
            Asks the authority at TSA_URL (RFC 3161), verifies its token under TSA_CA, and records it as an event. A running \
            service does so by itself every TSA_INTERVAL seconds; this is for a try, or before something important.
            """,
        examples: ["cxrledger log stamp"], reach: .store)

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let access = try await invocation.local()
        let stamp = try await access.application.stamp(access.context)
        try invocation.console.show(stamp) { "\(stamp.size) entries at \(stamp.time) by \(stamp.authority)" }
        return .done
    }
}

import Service

/// `log publish`: bring what is published up to the released checkpoint, once.
enum LogPublish: Command {
    static let definition = CommandDefinition(
        words: ["log", "publish"], section: .evidence, summary: "Publish the log as tiles, once",
        discussion: """
            Writes everything up to the released checkpoint to TLOG_DIR, and to the bucket of TLOG_S3 when it is set, as C2SP \
            tlog-tiles lays it out. Stored bytes are hashed again first, and nothing is published over a mismatch. A \
            running service does the same by itself every second; both may do so at once.
            """,
        examples: ["cxrledger log publish", "TLOG_DIR=/mnt/usb/tlog cxrledger log publish --json"],
        reach: .store, exits: "0 everything is published, 1 something is not")

    private struct Report: Encodable { let publications: [PublicationView] }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        let access = try await invocation.local()
        let views = try await access.application.publish(access.context)
        try console.show(Report(publications: views)) {
            let rows = views.map { view -> [TextTable.Cell] in
                [
                    .init(view.target), .init("\(view.size)"),
                    .init(view.code ?? "published", view.code == nil ? .good : .bad), .init(view.place),
                ]
            }
            return TextTable(["TARGET", "ENTRIES", "STATE", "PLACE"], rows).text(console)
        }
        for view in views { if let detail = view.detail { console.warn("\(view.target): \(detail)") } }
        return views.allSatisfy { $0.code == nil } ? .done : .failed
    }
}

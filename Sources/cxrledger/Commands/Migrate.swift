import PostgresStorage
import Service
import Storage

/// `migrate`: the schema of a PostgreSQL database.
enum Migrate: Command {
    static let definition = CommandDefinition(
        words: ["migrate"], section: .operations, summary: "Bring the schema of a PostgreSQL database up to date",
        discussion: """
            Creates the tables, or adds what a newer version needs, as the user that DATABASE_URL names: the owner. Run it \
            before the first start and after each update; it does nothing where there is nothing to do.

            With --service-role the service may connect as another user, who adds entries and reads them but can change \
            and remove none. That user must exist. With --secrets-role yet another user reads the secrets of patients \
            (DATABASE_SECRETS_URL), and the service's first one cannot. A SQLite log needs no such step: it is brought up \
            to date when it is opened.
            """,
        flags: [
            Flag("service-role", "ROLE", "the user that the service connects as, if it is not the owner"),
            Flag("secrets-role", "ROLE", "the user in DATABASE_SECRETS_URL, if it is not the same"),
        ],
        examples: [
            "cxrledger migrate --database postgresql://owner@db/cxrledger --service-role cxrledger"
        ], reach: .nothing)

    private struct Report: Encodable { let applied: [String] }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let settings = try invocation.settings()
        guard settings.sqlitePath == nil else {
            throw Failure.usage(
                "DATABASE_URL names a SQLite file, which is brought up to date when it is opened.", help: ["migrate"])
        }
        let applied: [String]
        do throws(StorageError) {
            applied = try PostgresMigration.apply(
                address: settings.databaseURL, serviceRole: invocation.arguments.value("service-role"),
                secretsRole: invocation.arguments.value("secrets-role"))
        } catch { throw Failure(error.code.rawValue, "The schema was not changed. \(error.debugDescription)") }
        try invocation.console.show(Report(applied: applied)) {
            applied.isEmpty ? "up to date" : applied.map { "applied \($0)" }.joined(separator: "\n")
        }
        return .done
    }
}

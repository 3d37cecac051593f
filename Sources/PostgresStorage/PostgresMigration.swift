public import Storage

/// Schema changes: plain SQL, applied in order by the owner, recorded, never edited after release.
public struct PostgresMigration: Sendable {
    let name: String
    let sql: String

    /// Those of the log, of the tables of projections, and of the secret store.
    static let all = [
        PostgresMigration(
            name: "log/0001_entries", sql: String(decoding: PackageResources._001_entries_sql, as: UTF8.self)),
        PostgresMigration(
            name: "views/0001_positions", sql: String(decoding: PackageResources._001_positions_sql, as: UTF8.self)),
        PostgresMigration(
            name: "secrets/0001_subjects", sql: String(decoding: PackageResources._001_subjects_sql, as: UTF8.self)),
    ]

    /// Brings a database to the newest schema, and blocks meanwhile.
    ///
    /// - Parameters:
    ///   - address: of the database, with its owner as the user.
    ///   - serviceRole: who may use the tables besides, and change no entry.
    ///   - secretsRole: who may read the secrets of subjects, and then the service role may not.
    /// - Returns: the names of what was applied.
    /// - Throws: `.incompatible` when it knows more than this version, and what the server answers.
    public static func apply(address: String, serviceRole: String? = nil, secretsRole: String? = nil)
        throws(StorageError) -> [String]
    {
        let session = PostgresSession(address, setup: [])
        return try session.transaction("BEGIN") { () throws(StorageError) in
            // Two at once would both create everything.
            try session.execute("SELECT pg_advisory_xact_lock(hashtext('cxrledger.migrate'))")
            for schema in ["cxrledger", "cxrledger_views", "cxrledger_secrets"] {
                try session.execute("CREATE SCHEMA IF NOT EXISTS \(schema)")
            }
            try session.execute(
                "CREATE TABLE IF NOT EXISTS cxrledger.migrations (number integer PRIMARY KEY, name text NOT NULL)")
            let known = try applied(session)
            guard known.count <= all.count else {
                throw StorageError(.incompatible, detail: "the schema of a newer version: \(known)")
            }
            for (number, migration) in all.enumerated().dropFirst(known.count) {
                try session.execute(migration.sql)
                _ = try session.run(
                    "INSERT INTO cxrledger.migrations (number, name) VALUES ($1::bigint, $2)",
                    .integer(Int64(number)), .text(migration.name))
            }
            if let serviceRole { try grant(to: serviceRole, session) }
            if secretsRole != nil, let serviceRole { try revokeSecrets(from: serviceRole, session) }
            if let role = secretsRole ?? serviceRole { try grantSecrets(to: role, session) }
            return all.dropFirst(known.count).map(\.name)
        }
    }

    /// Requires a database to have at least the schema of this version: changes only add.
    ///
    /// - Throws: `.schema` when it has an older one, `.incompatible` when it has another one.
    static func check(_ session: PostgresSession) throws(StorageError) {
        guard try applied(session).count >= all.count else {
            throw StorageError(.schema, detail: "the schema of an older version")
        }
    }

    /// What was applied, of which this version must know the first.
    private static func applied(_ session: PostgresSession) throws(StorageError) -> [String] {
        let rows = try session.run("SELECT name FROM cxrledger.migrations ORDER BY number")
        let known = (0..<rows.count).map { rows.text($0, 0) }
        guard zip(known, all).allSatisfy({ $0 == $1.name }) else {
            throw StorageError(.incompatible, detail: "another schema: \(known)")
        }
        return known
    }

    /// Secrets are added, read and removed, which is what erasing means.
    private static func grantSecrets(to role: String, _ session: PostgresSession) throws(StorageError) {
        let role = try session.run("SELECT quote_ident($1)", .text(role)).text(0, 0)
        try session.execute(
            """
            GRANT USAGE ON SCHEMA cxrledger_secrets TO \(role);
            GRANT SELECT, INSERT, DELETE ON cxrledger_secrets.subjects TO \(role);
            """)
    }

    private static func revokeSecrets(from role: String, _ session: PostgresSession) throws(StorageError) {
        let role = try session.run("SELECT quote_ident($1)", .text(role)).text(0, 0)
        try session.execute(
            """
            REVOKE ALL ON cxrledger_secrets.subjects FROM \(role);
            REVOKE ALL ON SCHEMA cxrledger_secrets FROM \(role);
            """)
    }

    /// Entries are added and read; what changes with every batch may be changed; nothing may be removed but lists, which
    /// can be made again.
    private static func grant(to role: String, _ session: PostgresSession) throws(StorageError) {
        let rows = try session.run("SELECT quote_ident($1), quote_ident(current_database())", .text(role))
        let (role, database) = (rows.text(0, 0), rows.text(0, 1))
        // The service makes tables there itself, which are its own.
        let owned = try session.run(
            """
            SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
            WHERE relnamespace = 'cxrledger_views'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
            """)
        let lists = owned.text(0, 0)
        try session.execute(
            """
            GRANT CREATE ON DATABASE \(database) TO \(role);
            GRANT USAGE ON SCHEMA cxrledger, cxrledger_views TO \(role);
            GRANT CREATE ON SCHEMA cxrledger_views TO \(role);
            GRANT SELECT, INSERT ON cxrledger.entries, cxrledger.logs, cxrledger.idempotency TO \(role);
            GRANT SELECT, INSERT, UPDATE ON cxrledger.heads, cxrledger.streams, cxrledger.tiles TO \(role);
            GRANT SELECT ON cxrledger.migrations TO \(role);
            GRANT SELECT, INSERT, UPDATE, DELETE ON \(lists) TO \(role);
            GRANT EXECUTE ON FUNCTION cxrledger.make_partition, cxrledger.append TO \(role);
            """)
    }
}

public import Storage

/// The stores of one deployment in one PostgreSQL database, whose schema `PostgresMigration` has made.
public struct PostgresBackend: StorageBackend {
    private let address: String
    private let secrets: String
    private let standby: String?
    private let isReadOnly: Bool

    /// - Parameters:
    ///   - address: as libpq takes it, a `postgresql://` address or a list of settings.
    ///   - secrets: the same with the user who reads the secrets of subjects; nil when that is the same one.
    ///   - standby: the same of a server that follows it, for reading what is past; nil without one.
    ///   - isReadOnly: whether the log is only looked at.
    public init(address: String, secrets: String? = nil, standby: String? = nil, isReadOnly: Bool = false) {
        (self.address, self.secrets, self.standby, self.isReadOnly) = (address, secrets ?? address, standby, isReadOnly)
    }

    public func origins() throws(StorageError) -> [String] {
        let session = PostgresSession(address, setup: [])
        return try session.transaction("BEGIN READ ONLY") { () throws(StorageError) in
            let rows = try session.run("SELECT origin FROM cxrledger.logs ORDER BY log")
            return (0..<rows.count).map { rows.text($0, 0) }
        }
    }

    public func openLog(origin: String) throws(StorageError) -> any EventStore {
        let session = PostgresSession(address, setup: [])
        try session.transaction("BEGIN READ ONLY") { () throws(StorageError) in try PostgresMigration.check(session) }
        return PostgresEventStore(address: address, origin: origin, isReadOnly: isReadOnly)
    }

    public func openProjections(origin: String) throws(StorageError) -> any ProjectionStore {
        PostgresProjectionStore(address: address, origin: origin)
    }

    public func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore {
        try ScratchProjectionStore(address: address, origin: origin)
    }

    public func openSecrets(origin: String) throws(StorageError) -> any SecretStore {
        PostgresSecretStore(address: secrets, origin: origin)
    }

    public func openStandby(origin: String) -> Standby? {
        guard let standby else { return nil }
        // Else a question that waits for a lock, which a paused standby may hold for ever, would take its connection along.
        let setup = ["SET statement_timeout = \(Standby.patience.components.seconds * 1_000)"]
        return Standby(
            log: PostgresEventStore(address: standby, origin: origin, isReadOnly: true, reading: setup),
            views: PostgresProjectionStore(address: standby, origin: origin, reading: setup))
    }

    /// The triggers that keep entries as they are must be there, refuse, and not be switched off; and what is known of the
    /// ends of streams, after which alone is added to them, must be what the entries say.
    public func damage() throws(StorageError) -> [StorageDamage] {
        let session = PostgresSession(address, setup: [])
        return try session.transaction("BEGIN READ ONLY") { () throws(StorageError) in
            try damagedTriggers(session) + damagedStreams(session)
        }
    }

    /// One trigger for each row that is updated or deleted (`tgtype` 27), one for what truncates (34), without conditions, and
    /// none that is not ours.
    private func damagedTriggers(_ session: PostgresSession) throws(StorageError) -> [StorageDamage] {
        let rows = try session.run(
            """
            SELECT part.relname, count(DISTINCT guard.tgtype) FILTER (WHERE guard.tgenabled IN ('O', 'A')
            AND guard.tgfoid = refuse.oid AND guard.tgqual IS NULL AND guard.tgtype IN (27, 34)),
            count(*) FILTER (WHERE NOT guard.tgisinternal AND guard.tgfoid IS DISTINCT FROM refuse.oid)
            FROM pg_class AS part
            JOIN pg_namespace AS space ON space.oid = part.relnamespace AND space.nspname = 'cxrledger'
            LEFT JOIN pg_proc AS refuse ON refuse.pronamespace = space.oid AND refuse.proname = 'refuse'
            AND refuse.prosrc = ' BEGIN RAISE EXCEPTION ''entries are append-only'' '
            'USING ERRCODE = ''insufficient_privilege''; END '
            LEFT JOIN pg_trigger AS guard ON guard.tgrelid = part.oid
            WHERE part.relname ~ '^entries(_[0-9]+)?$' AND part.relkind IN ('r', 'p')
            GROUP BY part.relname ORDER BY part.relname
            """)
        return (0..<rows.count).flatMap { row in
            let isGuarded = rows.integer(row, 1) == 2
            let findings =
                (isGuarded ? [] : ["a trigger that keeps entries as they are is missing, changed or switched off"])
                + (rows.integer(row, 2) == 0 ? [] : ["it has a trigger that is not ours"])
            return findings.map { StorageDamage(.log, file: "cxrledger.\(rows.text(row, 0))", finding: $0) }
        }
    }

    private func damagedStreams(_ session: PostgresSession) throws(StorageError) -> [StorageDamage] {
        let rows = try session.run(
            """
            SELECT logs.origin, count(*) FROM cxrledger.streams AS known FULL JOIN
            (SELECT log, stream, max(version) AS last FROM cxrledger.entries GROUP BY log, stream) AS due
            ON due.log = known.log AND due.stream = known.stream
            JOIN cxrledger.logs ON logs.log = coalesce(known.log, due.log)
            WHERE known.last IS DISTINCT FROM due.last OR known.first NOT BETWEEN 0 AND known.last
            GROUP BY logs.origin ORDER BY logs.origin
            """)
        return (0..<rows.count).map { row in
            StorageDamage(
                .log, file: "cxrledger.streams",
                finding:
                    "\(rows.integer(row, 1)) rows of \(rows.text(row, 0)) do not say where their streams end, so that nothing is added to these"
            )
        }
    }

    /// As a connection without settings of its own finds them.
    public func weaknesses() throws(StorageError) -> [StorageWeakness] {
        let session = PostgresSession(address, setup: [])
        return try session.transaction("BEGIN READ ONLY") { () throws(StorageError) in
            let rows = try session.run(
                """
                SELECT name, name = 'data_checksums' FROM pg_settings WHERE setting = 'off'
                AND name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') ORDER BY name
                """)
            return (0..<rows.count).map { row in
                StorageWeakness(rows.text(row, 0) + "=off", breaksPromise: !rows.flag(row, 1))
            }
        }
    }

    public func discardDamagedProjections() throws(StorageError) -> Bool { false }
}

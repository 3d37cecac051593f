import Crypto
import Glibc
import Ledger
import PostgresStorage
import Storage
import StorageTestSupport
import Testing

@Suite struct `An event store in PostgreSQL` {
    private let origin = "log.example/postgres"

    private func entry(_ index: UInt64, stream: String? = nil) -> StoredEntry {
        StoredEntry(
            index: index, eventID: "e\(index)", stream: stream ?? "s\(index)", version: 0, type: "Tested",
            isControl: false, bytes: Array("entry \(index)".utf8))
    }

    private func append(_ store: any EventStore) async throws(StorageError) {
        try await store.commit { reader throws(StorageError) in
            let size = try reader.head()?.size ?? 0
            let head = Head(size: size + 1, root: SHA256.hash([] as [UInt8]), epoch: 0, recordedAt: 1)
            return (BatchWrite(entries: [entry(size)], tiles: [], idempotency: [], head: head), ())
        }
    }

    private func size(_ store: any EventStore) async throws(StorageError) -> UInt64 {
        try await store.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
    }

    @Test func `lets nobody change or remove an entry`() async throws {
        let site = try PostgresSite()
        try await append(PostgresEventStore(address: site.serviceAddress, origin: origin))
        for statement in [
            "UPDATE cxrledger.entries SET type = 'x'", "DELETE FROM cxrledger.entries", "TRUNCATE cxrledger.entries",
            "UPDATE cxrledger.entries_0 SET type = 'x'", "DELETE FROM cxrledger.entries_0",
            "TRUNCATE cxrledger.entries_0",
        ] {
            #expect(try site.psql(statement).complaint == "ERROR:  entries are append-only")
            #expect(try site.psql(statement, isOwner: false).complaint.contains("permission denied"))
        }
        for statement in ["DROP TABLE cxrledger.entries", "ALTER TABLE cxrledger.entries DISABLE TRIGGER ALL"] {
            #expect(try site.psql(statement, isOwner: false).complaint.contains("must be owner"))
        }
    }

    @Test func `is weak where the server may lose what it acknowledged`() throws {
        // The tests' own server does not wait for the disk.
        let backend = PostgresBackend(address: try PostgresSite().address)
        #expect(try backend.weaknesses() == [StorageWeakness("fsync=off", breaksPromise: true)])
    }

    @Test func `is damaged without the triggers that keep entries`() async throws {
        let site = try PostgresSite()
        let backend = PostgresBackend(address: site.address)
        #expect(try backend.damage() == [])
        try site.psql("ALTER TABLE cxrledger.entries_0 DISABLE TRIGGER entries_are_never_truncated")
        #expect(try backend.damage().map(\.file) == ["cxrledger.entries_0"])
        try site.psql("DROP TRIGGER entries_are_never_changed ON cxrledger.entries")
        #expect(try backend.damage().map(\.file) == ["cxrledger.entries", "cxrledger.entries_0"])
    }

    @Test func `goes on when the server has closed every connection`() async throws {
        let site = try PostgresSite()
        let store = PostgresEventStore(address: site.address, origin: origin)
        for round in 0..<3 as Range<UInt64> {
            try await append(store)
            try site.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cxrledger'"
                    + " AND datname = current_database()")
            for _ in 0..<4 { #expect(try await size(store) == round + 1) }
        }
    }

    @Test func `commits nothing when a question of the batch has failed, even if nobody heard of it`() async throws {
        let site = try PostgresSite()
        let store = PostgresEventStore(address: site.address, origin: origin)
        try await append(store)
        await #expect(throws: StorageError(.unavailable)) {
            try await store.commit { reader throws(StorageError) in
                _ = try? reader.last(of: "no text has a \0")
                return (nil as BatchWrite?, ())
            }
        }
        #expect(try await size(store) == 1)
    }

    @Test func `takes the turn from who was paused, and loses nothing`() async throws {
        let site = try PostgresSite()
        let (paused, other) = (
            PostgresEventStore(address: site.address, origin: origin),
            PostgresEventStore(address: site.address, origin: origin)
        )
        try await append(paused)
        let holding = Signal()
        let late = Task {
            try await paused.commit { _ throws(StorageError) in
                holding.send()
                sleep(6)  // as long as a stopped process
                let head = Head(size: 2, root: SHA256.hash([] as [UInt8]), epoch: 0, recordedAt: 1)
                return (BatchWrite(entries: [entry(1, stream: "zombie")], tiles: [], idempotency: [], head: head), ())
            }
        }
        await holding.received()
        try await append(other)
        await #expect(throws: StorageError(.unavailable)) { try await late.value }
        #expect(try await size(paused) == 2)
        let last = try await paused.read { reader throws(StorageError) in try reader.entries(from: 1, limit: 9) }
        #expect(last.map(\.stream) == ["s1"])
        try await append(paused)
    }

    @Test func `makes the next partition in time, with the rights of a service`() async throws {
        let site = try PostgresSite()
        let store = PostgresEventStore(address: site.serviceAddress, origin: origin)
        try await append(store)
        let edge: UInt64 = 4_194_304
        for start in [edge - 65_537, edge - 1, 2 * edge - 65_537, 2 * edge - 1] {
            try site.psql("UPDATE cxrledger.heads SET size = \(start)")
            for _ in 0..<2 { try await append(store) }
        }
        let parts = try site.psql(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'cxrledger.entries'::regclass"
        ).output
        #expect(parts == "3")
        let indices = try await store.read { reader throws(StorageError) in
            try reader.entries(from: edge - 1, limit: 9).map(\.index)
        }
        #expect(indices.prefix(2) == [edge - 1, edge] && indices.suffix(2) == [2 * edge - 1, 2 * edge])
        #expect(try PostgresBackend(address: site.address).damage() == [])
    }

    @Test func `acknowledges no entry that a trigger swallows, and finds the trigger`() async throws {
        let site = try PostgresSite()
        let store = PostgresEventStore(address: site.address, origin: origin)
        try await append(store)
        try site.psql(
            """
            CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER swallow BEFORE INSERT ON cxrledger.entries FOR EACH ROW EXECUTE FUNCTION public.swallow();
            """)
        await #expect(throws: StorageError(.corrupt)) { try await append(store) }
        #expect(try await size(store) == 1)
        let findings = try PostgresBackend(address: site.address).damage().map(\.finding)
        #expect(!findings.isEmpty && findings.allSatisfy { $0 == "it has a trigger that is not ours" })
    }

    @Test func `keeps secrets from who reads entries, when they have a user of their own`() async throws {
        let site = try PostgresSite()
        let keeper = "keeper_" + Hex.encode(SecureRandom.bytes(4))
        try site.psql("CREATE USER \(keeper)")
        let keeperAddress = site.address.replacing("user=owner", with: "user=\(keeper)")
        // As often as one updates, also when the service has made its own tables.
        try site.psql("CREATE TABLE cxrledger_views.predictions_1 (id text)", isOwner: false)
        for _ in 0..<2 {
            _ = try PostgresMigration.apply(address: site.address, serviceRole: "service", secretsRole: keeper)
        }
        let backend = PostgresBackend(address: site.serviceAddress, secrets: keeperAddress)
        #expect(try await backend.openSecrets(origin: origin).all().isEmpty)
        let plain = PostgresBackend(address: site.serviceAddress)
        await #expect(throws: StorageError.self) { try await plain.openSecrets(origin: origin).all() }
        for role in ["service", nil] {
            _ = try PostgresMigration.apply(address: site.address, serviceRole: "service", secretsRole: role)
            #expect(try await plain.openSecrets(origin: origin).all().isEmpty)
        }
        #expect(try site.psql("SELECT count(*) FROM cxrledger.entries", isOwner: true).output == "0")
    }

    @Test func `says that its schema is missing, older or newer`() async throws {
        let site = try PostgresSite(migrated: false)
        let store = PostgresEventStore(address: site.address, origin: origin)
        await #expect(throws: StorageError(.schema)) { try await size(store) }
        await #expect(throws: StorageError(.schema)) { try await append(store) }
        let backend = PostgresBackend(address: site.address)
        #expect(throws: StorageError(.schema)) { try backend.openLog(origin: origin) }
        #expect(try PostgresMigration.apply(address: site.address).count == 3)
        #expect(try PostgresMigration.apply(address: site.address) == [])
        try await append(store)
        try site.psql("INSERT INTO cxrledger.migrations VALUES (99, 'from/the/future')")
        #expect(throws: StorageError(.incompatible)) { try PostgresMigration.apply(address: site.address) }
        // Instances of before go on with it.
        try await append(backend.openLog(origin: origin))
        try site.psql("DELETE FROM cxrledger.migrations WHERE number > 1")
        #expect(throws: StorageError(.schema)) { try backend.openLog(origin: origin) }
    }

    @Test func `answers that nobody is there, without the password`() async throws {
        let store = PostgresEventStore(
            address: "postgresql://someone:sesame@127.0.0.1:1/none", origin: origin)
        do throws(StorageError) {
            _ = try await size(store)
            Issue.record("there is no such server")
        } catch {
            #expect(error.code == .unavailable && !error.detail.contains("sesame"))
        }
    }
}

import Crypto
import Ledger
import PostgresStorage
import Storage
import StorageTestSupport
import Testing

@Suite struct `A listener in PostgreSQL` {
    private let origin = "log.example/listener"
    /// What one would wait at the median who looks every half second.
    private static let polling = Duration.milliseconds(250)

    private func append(_ store: any EventStore) async throws(StorageError) {
        try await store.commit { reader throws(StorageError) in
            let size = try reader.head()?.size ?? 0
            let entry = StoredEntry(
                index: size, eventID: "e\(size)", stream: "s\(size)", version: 0, type: "Tested", isControl: false,
                bytes: [1])
            let head = Head(size: size + 1, root: SHA256.hash([] as [UInt8]), epoch: 0, recordedAt: 1)
            return (BatchWrite(entries: [entry], tiles: [], idempotency: [], head: head), ())
        }
    }

    private func stores(_ site: PostgresSite) async throws -> (one: PostgresEventStore, other: PostgresEventStore) {
        let (one, other) = (
            PostgresEventStore(address: site.serviceAddress, origin: origin),
            PostgresEventStore(address: site.serviceAddress, origin: origin)
        )
        try await append(one)
        for store in [one, other] { #expect(await store.hasGrown(beyond: 0, within: .seconds(10))) }
        return (one, other)
    }

    /// How long one waits for what the other commits, at the median.
    private func delay(_ one: PostgresEventStore, after other: PostgresEventStore, from size: UInt64) async throws
        -> Duration
    {
        var delays: [Duration] = []
        for size in size..<size + 9 {
            async let hasGrown = one.hasGrown(beyond: size, within: .seconds(20))
            try await Task.sleep(for: .milliseconds(30))
            try await append(other)
            let begun = ContinuousClock.now
            #expect(await hasGrown)
            delays.append(ContinuousClock.now - begun)
        }
        return delays.sorted()[4]
    }

    @Test func `hears of the commits of others at once`() async throws {
        let (one, other) = try await stores(try PostgresSite())
        #expect(try await delay(one, after: other, from: 1) < Self.polling)
        #expect(try await delay(other, after: one, from: 10) < Self.polling)
    }

    @Test func `listens again when its connection was lost, and misses nothing meanwhile`() async throws {
        let site = try PostgresSite()
        let (one, other) = try await stores(site)
        for round in 0..<3 as Range<UInt64> {
            try site.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cxrledger'"
                    + " AND datname = current_database() AND query LIKE '%heads%'")
            try await append(other)
            #expect(await one.hasGrown(beyond: 1 + round, within: .seconds(5)))
        }
        try await Task.sleep(for: .seconds(1))
        #expect(try await delay(one, after: other, from: 4) < Self.polling)
    }

    @Test func `believes nothing that somebody else notifies`() async throws {
        let site = try PostgresSite()
        let (one, _) = try await stores(site)
        for payload in [origin, "log.example/other", "", "99999999 \(origin)"] {
            try site.psql("SELECT pg_notify('cxrledger', '\(payload)')")
        }
        #expect(await one.hasGrown(beyond: 1, within: .seconds(1)) == false)
    }

    @Test func `ends with its store`() async throws {
        let site = try PostgresSite()
        let listening = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'cxrledger'
            """
        do {
            let (one, other) = try await stores(site)
            try await append(one)
            #expect(await other.hasGrown(beyond: 1, within: .seconds(5)))
        }
        for _ in 0..<100 where try site.psql(listening).output != "0" { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try site.psql(listening).output == "0")
    }
}

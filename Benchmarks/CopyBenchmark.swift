import Concurrency
import Crypto
import Ledger
import PostgresStorage
import Service
import Storage

/// Restoring, replaying and reading a long log in PostgreSQL, next to what `COPY` alone does with the same rows.
struct CopyBenchmark {
    private let home: FilledHome
    private let address: String
    private let rounds: Int

    init(_ options: Options) throws {
        guard let postgres = options.postgres else { throw BenchmarkError("--postgres says where") }
        (home, address, rounds) = (FilledHome(options), postgres, options.rounds)
    }

    func run() async throws {
        try await home.fill(reporting: true)
        let ring = try KeyRing.load(Home(home.settings.home))
        let log = try home.readOnly.openLog(origin: ring.origin)
        let size = try await log.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
        try await importing(log, upTo: min(size, 200_000), root: ring.root)
        try await reading(log, size: size)
        try await replaying(size: size)
    }

    /// The restore's way into an empty log, which is another one each time, since no row goes away again.
    private func importing(_ log: any EventStore, upTo size: UInt64, root: Ed25519.PublicKey) async throws {
        var bundles: [[[UInt8]]] = []
        for first in stride(from: 0, to: size, by: 256) {
            bundles.append(
                try await log.read { reader throws(StorageError) in try reader.bytes(from: first, limit: 256) })
        }
        let entries = bundles.flatMap(\.self)
        var (raw, ours): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let table = try RawPostgres(address: address)
            raw.append(Double(entries.count) / (try seconds { try table.copyIn(entries) }))
            let fresh = PostgresEventStore(address: address, origin: "cxrledger/" + Hex.encode(SecureRandom.bytes(16)))
            ours.append(
                Double(entries.count)
                    / (try await seconds {
                        var copy = try await LogImport(into: fresh)
                        for bundle in bundles { try await copy.add(bundle) }
                        try await copy.finish()
                    }))
        }
        report(
            "import", "\(decimal(median(ours), 0)) entries/s",
            "\(decimal(median(ours) / median(raw), 2)) x COPY in (\(decimal(median(raw), 0)) rows/s)")
    }

    private func copyOut(_ size: UInt64) throws -> Double {
        let table = try RawPostgres(address: address)
        return try seconds {
            keep(
                try table.copyOut(
                    """
                    SELECT idx, event_id, stream, version, type, control, entry FROM cxrledger.entries
                    WHERE log = (SELECT log FROM cxrledger.heads ORDER BY size DESC LIMIT 1) ORDER BY idx
                    """))
        }
    }

    private func reading(_ log: any EventStore, size: UInt64) async throws {
        var (raw, ours): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            raw.append(try copyOut(size))
            ours.append(
                try await seconds {
                    var next: UInt64 = 0
                    while next < size {
                        let first = next
                        let bytes = try await log.read { reader throws(StorageError) in
                            try reader.entries(from: first, limit: 4_096)
                        }
                        next += UInt64(bytes.count)
                    }
                })
        }
        report(
            "read", "\(decimal(Double(size) / median(ours), 0)) entries/s",
            "\(decimal(median(raw) / median(ours), 2)) x COPY out (\(decimal(Double(size) / median(raw), 0)) rows/s)")
    }

    private func replaying(size: UInt64) async throws {
        let application = try await home.open()
        var (raw, ours): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            raw.append(try copyOut(size))
            ours.append(try await seconds { _ = try await application.rebuild(only: ["predictions"]) { _, _, _ in } })
        }
        report(
            "replay", "\(decimal(Double(size) / median(ours), 0)) events/s",
            "\(decimal(median(raw) / median(ours), 2)) x COPY out")
    }
}

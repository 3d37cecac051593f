import Crypto
import PostgresStorage
import Service
import SQLiteStorage
import Storage

/// A home whose log holds many signed events, made through the sequencer like all others.
struct FilledHome {
    let settings: Settings
    private let events: Int
    private let postgres: String?

    init(_ options: Options) {
        self.init(
            path: options.home ?? options.folder + "/home", events: options.events ?? 1_000_000,
            postgres: options.postgres)
    }

    /// With an address the log is in PostgreSQL.
    init(path: String, events: Int, postgres: String? = nil) {
        var settings = Settings()
        settings.home = path
        settings.lock = path + "/lock/checkpoint"
        settings.tlogFolder = settings.home + "/tlog"
        settings.databaseURL = postgres ?? "sqlite://" + path + "/cxrledger.db"
        settings.logFile = path + "/application.log"
        (self.settings, self.events, self.postgres) = (settings, events, postgres)
    }

    private var database: String { settings.home + "/cxrledger.db" }
    var backend: any StorageBackend { backend(isReadOnly: false) }
    /// As verification opens it.
    var readOnly: any StorageBackend { backend(isReadOnly: true) }

    private func backend(isReadOnly: Bool) -> any StorageBackend {
        guard let postgres else {
            return SQLiteBackend(database: database, home: settings.home, isReadOnly: isReadOnly)
        }
        return PostgresBackend(address: postgres, isReadOnly: isReadOnly)
    }

    /// Opens the home as the service does.
    func open() async throws -> Application { try await Application.open(settings, backend: backend).application }

    /// Creates the home and appends until the log holds the events.
    func fill(reporting: Bool) async throws {
        if let postgres { _ = try PostgresMigration.apply(address: postgres) }
        if !Home(settings.home).isInitialised { _ = try await open() }
        let ring = try KeyRing.load(Home(settings.home))
        guard let identity = ring.identity else { throw BenchmarkError("\(settings.home) holds no signing keys") }
        let store = try backend.openLog(origin: ring.origin)
        let sequencer = Sequencer(
            store: store, lock: try FileCheckpointLock(path: settings.lock), identity: identity, now: SystemClock.now)
        let first = try await store.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
        let missing = max(0, events - Int(clamping: first))
        let time = try await seconds {
            try await withThrowingTaskGroup { group in
                for producer in 0..<4 {
                    group.addTask {
                        let samples = SampleEvents()
                        for start in stride(from: producer * 200, to: missing, by: 800) {
                            let pairs = (0..<100).flatMap { _ in samples.prediction() }
                            _ = try await sequencer.append(Append(Array(pairs.prefix(missing - start))))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        if reporting { report("fill", "\(missing) events", "\(decimal(Double(missing) / time, 0)) events/s") }
    }
}

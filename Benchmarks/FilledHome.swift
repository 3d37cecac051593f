import Crypto
import Service
import SQLiteStorage
import Storage

/// A home whose log holds many signed events, made through the sequencer like all others.
struct FilledHome {
    let settings: Settings
    private let events: Int

    init(_ options: Options) {
        self.init(path: options.home ?? options.folder + "/home", events: options.events ?? 1_000_000)
    }

    init(path: String, events: Int) {
        var settings = Settings()
        settings.home = path
        settings.lock = path + "/lock/checkpoint"
        settings.tlogFolder = settings.home + "/tlog"
        settings.databaseURL = "sqlite://" + path + "/cxrledger.db"
        settings.logFile = path + "/application.log"
        (self.settings, self.events) = (settings, events)
    }

    private var database: String { settings.home + "/cxrledger.db" }
    var backend: SQLiteBackend { SQLiteBackend(database: database, home: settings.home) }
    /// As verification opens it.
    var readOnly: SQLiteBackend { SQLiteBackend(database: database, home: settings.home, isReadOnly: true) }

    /// Opens the home as the service does.
    func open() async throws -> Application { try await Application.open(settings, backend: backend).application }

    /// Creates the home and appends until the log holds the events.
    func fill(reporting: Bool) async throws {
        if !Home(settings.home).isInitialised { _ = try await open() }
        let ring = try KeyRing.load(Home(settings.home))
        guard let identity = ring.identity else { throw BenchmarkError("\(settings.home) holds no signing keys") }
        let store = try SQLiteEventStore(path: database, origin: ring.origin)
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

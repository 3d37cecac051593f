import Concurrency
import Crypto
import Glibc
import Imaging
import Ledger
import Records
public import Storage

/// The product without its doors: commands in, queries out, over one log.
///
/// HTTP, the page and the command line hold one of these and nothing below it.
public final class Application: Sendable {
    public let settings: Settings
    public let home: Home
    public let metrics = Metrics()
    public let workers: WorkerPool
    /// For what waits for the disk, so that no worker does.
    let diskWaiters = WorkerPool(width: 16)
    public let runner: ProjectionRunner
    let backend: any StorageBackend
    let ring: KeyRing
    let log: any EventStore
    let views: any ProjectionStore
    /// Where what is past may be read as well.
    let standby: Standby?
    let lock: FileCheckpointLock
    let blobs: Blobs
    /// Nil in a home that cannot be written.
    let spool: SpoolFile?
    let vault: Vault
    let sequencer: Sequencer?
    /// The private keys that are here; nil in a copy without any.
    let signingKeys: LogKeys?
    /// Why this process may not sign; nil when it may.
    let readOnly: ServiceError?
    let control: ControlPlane
    let proven: ProvenLog
    let recorder: Recorder
    let publication: Publication
    let scrubber: Scrubber
    let bundleReadings: BundleReadings
    let subscriptions = SubscriptionSeats()
    let reports = Locked<[ChainFinder: ChainReport]>([:])
    /// What each finder found last, unless it has found everything sound since.
    let damages = Locked<[ChainFinder: ChainDamage]>([:])
    let library: ModelLibrary
    let predictor: Predictor
    let inference: InferenceQueue
    let journal: ApplicationLog?
    let now: Clock
    let sessions: Sessions
    let failures: AuthenticationFailures
    let exports = ExportJobs()
    let started: Timestamp
    private let scratch: ScratchFolder?
    let follower = Locked<Task<Void, Never>?>(nil)
    let witnesses = Locked<(rounds: WitnessRounds, task: Task<Void, Never>)?>(nil)
    let stamper = Locked<Task<Void, Never>?>(nil)
    let stamping = Locked(StampingState())
    let blobStanding = Locked(BlobStanding())
    /// What the database may lose, as far as that was recorded.
    let knownWeaknesses = Locked<[StorageWeakness]>([])
    /// What else goes on in the background.
    let attendants = Locked<[Task<Void, Never>]>([])
    /// As of the last scrape.
    let processorTimes = Locked(MachineLoad.ProcessorTimes())

    /// How often a command is decided again when control events come in between, before its caller is asked to.
    static let attempts = 64

    /// What the program calls itself.
    public static let version = "0.1.0"
    public static let build = "swift-6.3"

    /// Opens a home, creating keys, log and administrator at the first start.
    ///
    /// - Returns: the application, and at the first start the administrator's key, which is shown once.
    public static func open(
        _ settings: Settings, backend: any StorageBackend, journal: ApplicationLog? = nil,
        now: @escaping Clock = SystemClock.now
    ) async throws(ServiceError) -> (application: Application, administratorKey: String?) {
        let home = Home(settings.home)
        try home.prepare()
        try SmallFile.makeFolder(DurableFile.folder(of: settings.lock))
        return try await home.exclusively { () async throws(ServiceError) in
            guard try SmallFile.read(home.restoring) == nil else { throw Restore.unfinished(home) }
            if !home.isInitialised {
                do {
                    guard try backend.origins().isEmpty else {
                        throw ServiceError(
                            .unavailable, "keys-missing",
                            "The database holds a log but \(home.path)/keys does not know it; restore its keys first.")
                    }
                } catch { throw ServiceError(wrapping: error) }
                try KeyRing.create(home, access: settings.keyAccess)
            }
            let stores = try Stores(settings, home: home, backend: backend)
            try await stores.settle(home.keyFolder(settings.keyAccess))
            let reason =
                if let frozen = try FrozenMark.read(home, lock: settings.lock) {
                    frozen.refusal
                } else if let reason = try await stores.reasonNotToSign() {
                    reason
                } else {
                    try await stores.reasonNotToSign(afterPublishing: settings.tlogFolder)
                }
            let application = Application(
                settings, home: home, stores: stores, readOnly: reason, backend: backend, journal: journal, now: now)
            let key = try await application.begin()
            try await application.refuseUnsafeStore()
            return (application, key)
        }
    }

    /// Opens a home that cannot be written, such as a mounted copy: everything is read and nothing recorded.
    ///
    /// The backend only reads. The lists are folded anew, into a folder that goes with the application.
    public static func openCopy(
        _ settings: Settings, backend: any StorageBackend
    ) throws(ServiceError) -> Application {
        let home = Home(settings.home)
        let scratch = try ScratchFolder(in: home.scratch)
        let stores = try Stores(reading: settings, home: home, backend: backend, scratch: scratch.path)
        return Application(
            settings, home: home, stores: stores, readOnly: .readOnly, backend: backend, journal: nil,
            now: SystemClock.now, scratch: scratch)
    }

    private init(
        _ settings: Settings, home: Home, stores: Stores, readOnly: ServiceError?, backend: any StorageBackend,
        journal: ApplicationLog?, now: @escaping Clock, scratch: ScratchFolder? = nil
    ) {
        self.scratch = scratch
        (self.settings, self.home, self.backend, self.journal, self.now) = (settings, home, backend, journal, now)
        (ring, log, views, lock) = (stores.ring, stores.log, stores.views, stores.lock)
        (blobs, self.readOnly) = (stores.blobs, readOnly)
        (spool, standby) = (stores.spool, stores.standby)
        vault = stores.vault
        let identity = readOnly == nil ? ring.identity : nil
        sequencer = identity.map { Sequencer(store: stores.log, lock: stores.lock, identity: $0, now: now) }
        signingKeys = sequencer?.keys ?? ring.identity.map(LogKeys.init)
        control = ControlPlane(log: log, ring: stores.ring)
        proven = ProvenLog(log: log, standby: stores.standby, lock: lock, control: control)
        publication = Self.publication(settings, log: log, control: control)
        scrubber = Scrubber(log: log)
        bundleReadings = BundleReadings(now: now)
        recorder = Recorder(
            sequencer: sequencer, service: Self.service(at: now()), metrics: metrics, now: now)
        workers = WorkerPool(width: settings.workers)
        library = ModelLibrary(blobs: blobs.models, workers: workers)
        inference = InferenceQueue(batchSize: settings.batchSize, workers: settings.workers)
        var limits = ImageLimits()
        limits.maximumPixels = settings.pixelLimit
        predictor = Predictor(
            library: library, workers: workers, queue: inference, budget: MemoryBudget(bytes: 192 << 20),
            limits: limits,
            isCaching: settings.isCacheEnabled)
        runner = ProjectionRunner(log: log, store: views, projections: Self.projections)
        sessions = Sessions(now: now)
        failures = AuthenticationFailures(now: now)
        started = now()
    }

    static let projections: [any FollowingProjection] = [PredictionsProjection(), TimelineProjection()]

    /// The origin of the log that is served.
    public var origin: String { ring.origin }

    /// Records the first entries of an empty log: the certified keys, and the administrator.
    private func begin() async throws(ServiceError) -> String? {
        if let genesis = try await genesis() {
            if sequencer != nil, ring.genesis == nil { try KeyRing.pin(genesis: genesis, in: home) }
            return nil
        }
        guard sequencer != nil else { return nil }
        _ = try await vault.subject(patient: nil)  // of nobody: a secret store that is empty was lost
        let key = APIKey.make()
        let context = systemContext()
        let administrator = CredentialIssued(
            credential: key.credential, name: "administrator", role: .administrator, digest: key.digest, bootstrap: true
        )
        do {
            _ = try await recorder.record(
                [
                    (
                        "keys",
                        .keysCertified(try KeyRing.genesis(home, origin: ring.origin, access: settings.keyAccess))
                    ),
                    ("credential/\(key.credential)", .credentialIssued(administrator)),
                ], in: context, preconditions: ["keys": .absent])
        } catch {
            let error = ServiceError(wrapping: error)
            // An empty database under a lock that knows more: it is read and reported, but never started anew.
            guard error.isReadOnlyState else { throw error }
            return nil
        }
        if let genesis = try await genesis() { try KeyRing.pin(genesis: genesis, in: home) }
        return key.text
    }

    /// The hash of the first entry, which must be the one that was pinned; nil before there is one.
    private func genesis() async throws(ServiceError) -> Digest? {
        let first: StoredEntry?
        do {
            first = try await log.read { reader throws(StorageError) in try reader.entries(from: 0, limit: 1).first }
        } catch { throw ServiceError(error) }
        let hash = first.map { Entry.hash($0.bytes) }
        guard ring.genesis == nil || ring.genesis == hash else {
            throw ServiceError(
                .unavailable, hash == nil ? "log-missing" : "log-foreign",
                "The database does not hold the log that began in \(home.path): put the right one back (DATABASE_URL), or bring all entries back by `cxrledger log recover` from published tiles or a backup."
            )
        }
        return hash
    }

    /// What the product does by itself.
    func systemContext() -> RequestContext {
        RequestContext(.system, from: RequestSource(correlation: Identifiers.uuid(at: now())))
    }

    /// What this run of the program calls itself.
    static func service(at time: Timestamp) -> EnvelopeDraft.Service {
        EnvelopeDraft.Service(build: build, host: hostName, id: Identifiers.uuid(at: time), version: version)
    }

    private static let hostName: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()

    /// The state after the last committed batch.
    func head() async throws(ServiceError) -> Head {
        do { return try await log.read { reader throws(StorageError) in try reader.head() ?? .empty } } catch {
            throw ServiceError(error)
        }
    }

    /// Records events of which nothing depends on what happened in between, such as reads and refusals.
    ///
    /// A copy that was made without signing keys has nothing to record in; whoever holds its files may read it all the
    /// same. A log that should be signed and cannot is not read by the way.
    func note(
        _ event: Event, in stream: String, _ context: RequestContext, _ details: Recorder.Details = .init()
    ) async throws(ServiceError) {
        if let readOnly {
            let isCopy = readOnly == .readOnly || readOnly.code == "log-frozen"
            guard isCopy, context.principal.credential == nil else { throw readOnly }
            return
        }
        do { _ = try await recorder.record([(stream, event)], in: context, details: details) } catch {
            throw ServiceError(error)
        }
    }

    /// Refuses what would have to be recorded where nothing may be signed, before anything is done for it.
    func requireWritable() throws(ServiceError) { if let readOnly { throw readOnly } }

    /// Refuses, with an event, what the principal's role does not hold.
    func require(
        _ permission: Permission, for operation: String, _ context: RequestContext
    ) async throws(ServiceError) {
        guard !context.principal.role.holds(permission) else { return }
        let event = Event.authorizationDenied(.init(permission: permission.rawValue, operation: operation))
        // Refused all the same when the log is read-only.
        _ = try? await note(event, in: "security", context, .init(.minor, because: "forbidden"))
        metrics.count("cxrledger_authorization_denied_total", "Requests that a role did not allow.")
        throw ServiceError(
            .forbidden, "forbidden",
            "Your role '\(context.principal.role.rawValue)' does not hold \(permission.rawValue).")
    }

    /// Decides and records until no control event comes in between, a few times at most.
    ///
    /// `decide` leads from the control state to the events with their streams.
    func command(
        _ context: RequestContext,
        _ decide: (ControlState) throws(Rejection) -> [(stream: String, event: Event)]
    ) async throws(ServiceError) -> Receipt? {
        try requireWritable()
        for _ in 0..<Self.attempts {
            let state = try await control.current()
            try await authorized(context, in: state)
            let events: [(stream: String, event: Event)]
            do { events = try decide(state) } catch { throw ServiceError(wrapping: error) }
            guard !events.isEmpty else { return nil }
            do {
                return try await recorder.record(events, in: context, epoch: state.epoch)
            } catch .staleEpoch { continue } catch { throw ServiceError(wrapping: error) }
        }
        throw ServiceError(AppendError.staleEpoch)
    }
}

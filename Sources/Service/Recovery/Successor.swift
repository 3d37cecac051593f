import Crypto
import Glibc
import Ledger
import Records
import Storage

/// The log that goes on for one that ended, while it is made: nobody opens its home before the old log is frozen.
struct Successor {
    /// What the new home's `restoring` holds meanwhile.
    static let mark = Array("new-origin".utf8)
    private static let together = 256

    private let ended: EndedLog
    private let root: any Signer
    private let keepsRootKey: Bool
    private let settings: Settings
    private let backend: any StorageBackend
    private let home: Home

    init(
        _ ended: EndedLog, root: any Signer, keepsRootKey: Bool, settings: Settings,
        backend: any StorageBackend
    ) {
        (self.ended, self.root, self.keepsRootKey) = (ended, root, keepsRootKey)
        (self.settings, self.backend, home) = (settings, backend, Home(settings.home))
    }

    /// Makes the new log with everything that is carried over.
    func begin(
        reason: String, secrets: [SubjectRecord], _ context: RequestContext
    ) async throws(ServiceError) -> (origin: String, genesis: Digest, size: UInt64) {
        try checkPlace()
        try home.prepare()
        try SmallFile.makeFolder(DurableFile.folder(of: settings.lock))
        try SmallFile.write(Self.mark, to: home.restoring)
        try KeyRing.create(
            home, access: settings.keyAccess, succeeding: ended.ring, in: ended.home, keepsRootKey: keepsRootKey)
        let stores = try Stores(settings, home: home, backend: backend)
        do {
            for record in secrets { _ = try await stores.secrets.insert(record) }
            try await copyModels(to: stores.blobs.models)
            guard try stores.lock.current() == nil else {
                throw ServiceError(.conflict, "lock-exists", "\(settings.lock) is the lock of a log already.")
            }
            try await record(carried(reason: reason), in: stores, context)
            // The lists too: whoever verifies the new log at once finds nothing left to check.
            try await ProjectionRunner(log: stores.log, store: stores.views, projections: Application.projections)
                .catchUp()
            let (first, size) = try await stores.log.read { reader throws(StorageError) in
                (try reader.entries(from: 0, limit: 1).first, try reader.head()?.size ?? 0)
            }
            guard let first else { throw StorageError(.corrupt, detail: "the first entry") }
            let genesis = Entry.hash(first.bytes)
            try KeyRing.pin(genesis: genesis, in: home)
            return (stores.ring.origin, genesis, size)
        } catch { throw ServiceError(wrapping: error) }
    }

    private func checkPlace() throws(ServiceError) {
        guard try SmallFile.read(home.restoring) == nil else { throw Restore.unfinished(home) }
        do { guard try home.isInitialised || !backend.origins().isEmpty else { return } } catch {
            throw ServiceError(wrapping: error)
        }
        throw ServiceError(
            .conflict, "home-not-empty", "\(home.path) or its database holds a log already; name an empty one.")
    }

    /// Lets the new home be opened.
    func release() throws(ServiceError) { try Self.release(home) }

    static func release(_ home: Home) throws(ServiceError) {
        guard unsafe unlink(home.restoring) == 0 else { throw Home.failure("remove", home.restoring) }
        try SmallFile.synchronise(folder: home.path)
    }

    private func copyModels(to models: any BlobStore) async throws(ServiceError) {
        let old = ended.blobs.models
        for text in ended.state.models.order {
            guard let digest = Digest(hex: text) else { continue }
            do throws(StorageError) { _ = try await models.put(try await old.get(digest)) } catch {
                throw error.damage(of: "models/\(text.prefix(2))/\(text)")
            }
        }
    }

    private func record(
        _ events: [(stream: String, event: Event)], in stores: Stores, _ context: RequestContext
    ) async throws(ServiceError) {
        guard let identity = stores.ring.identity else { throw .readOnly }
        let sequencer = Sequencer(store: stores.log, lock: stores.lock, identity: identity, now: SystemClock.now)
        let recorder = Recorder(
            sequencer: sequencer, service: Application.service(at: SystemClock.now()), metrics: Metrics(),
            now: SystemClock.now)
        var rest = events[...]
        do {
            while !rest.isEmpty {
                _ = try await recorder.record(Array(rest.prefix(Self.together)), in: context)
                rest = rest.dropFirst(Self.together)
            }
        } catch { throw ServiceError(error) }
    }

    /// The events that the new log begins with: its keys, and what the old one's control state amounts to.
    private func carried(reason: String) throws(ServiceError) -> [(stream: String, event: Event)] {
        let promise = ended.promise
        let predecessor = KeysCertified.Predecessor(
            origin: ended.ring.origin, size: promise.checkpoint.size, root: promise.checkpoint.root.hex,
            checkpoint: Base64.encode(Array(promise.signed.note.utf8)), kept: ended.head.size, reason: reason)
        let ring = try KeyRing.load(home, forSigning: false)
        let certified = try KeyRing.genesis(
            home, origin: ring.origin, access: settings.keyAccess, root: root, succeeding: predecessor)
        return [("keys", .keysCertified(certified))] + credentials()
            + models(as: "carried over from \(ended.ring.origin)")
    }

    private func credentials() -> [(stream: String, event: Event)] {
        let old = ended.state.credentials
        return old.order.compactMap { old.credentials[$0] }.flatMap { credential -> [(stream: String, event: Event)] in
            let stream = "credential/\(credential.id)"
            let issued = CredentialIssued(
                credential: credential.id, name: credential.name, role: credential.role, digest: credential.digest,
                bootstrap: credential.isBootstrap)
            let revoked = CredentialRevoked(credential: credential.id, reason: "revoked in the log before")
            return [(stream, .credentialIssued(issued))]
                + (credential.isRevoked ? [(stream, .credentialRevoked(revoked))] : [])
        }
    }

    /// Decided one after the other, as if somebody had asked for each: nothing comes about that could not have.
    private func models(as reason: String) -> [(stream: String, event: Event)] {
        let old = ended.state.models
        let known = old.order.compactMap { old.models[$0] }
        var commands = known.map { ModelRegistry.Command.register($0.registration) }
        commands += known.map { .changeThreshold(digest: $0.registration.digest, to: $0.threshold, reason: reason) }
        commands += old.activations.map { .activate(digest: $0, reason: reason) }
        commands += known.filter(\.isRetired).map { .retire(digest: $0.registration.digest, reason: reason) }
        var (state, events) = (ModelRegistry.initialState, [Event]())
        for command in commands {
            // What the rules refuse by now was allowed at its time, such as to retire a model that is in the path of
            // activations; the state is then made as far as it goes.
            let decided = (try? ModelRegistry.decide(command, in: state)) ?? []
            for event in decided { ModelRegistry.evolve(&state, with: event) }
            events += decided
        }
        return events.map { ("models", $0) }
    }
}

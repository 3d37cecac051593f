import Crypto
import Ledger
import Storage

/// Everything that an application keeps its state in, opened together.
struct Stores: Sendable {
    let ring: KeyRing
    let log: any EventStore
    let views: any ProjectionStore
    let standby: Standby?
    let secrets: any SecretStore
    let lock: FileCheckpointLock
    let blobs: Blobs
    let spool: SpoolFile?

    init(_ settings: Settings, home: Home, backend: any StorageBackend) throws(ServiceError) {
        ring = try KeyRing.load(home, access: settings.keyAccess)
        do throws(StorageError) {
            log = try backend.openLog(origin: ring.origin)
            views = try backend.openProjections(origin: ring.origin)
            standby = backend.openStandby(origin: ring.origin)
            secrets = try backend.openSecrets(origin: ring.origin)
            lock = try FileCheckpointLock(path: settings.lock)
            blobs = Blobs(settings)
            // Without room for it the log is opened all the same: it is needed when nothing else can be written.
            spool = ring.identity == nil ? nil : try? SpoolFile(path: home.spool, capacity: settings.spoolBytes)
        } catch { throw ServiceError(error) }
    }

    /// Opens a home in which nothing can be written; lists are made in a folder of their own.
    init(reading settings: Settings, home: Home, backend: any StorageBackend, scratch: String) throws(ServiceError) {
        ring = try KeyRing.load(home, forSigning: false)
        do throws(StorageError) {
            log = try backend.openLog(origin: ring.origin)
            views = try backend.openScratchProjections(origin: ring.origin, folder: scratch)
            standby = nil
            secrets = try backend.openSecrets(origin: ring.origin)
            lock = try FileCheckpointLock(reading: settings.lock)
            blobs = Blobs(settings)
            spool = nil
        } catch { throw ServiceError(error) }
    }

    var vault: Vault { Vault(store: secrets, ring: ring) }

    /// The events of the batch that starts a log.
    private static let firstBatch: UInt64 = 2

    /// Why nothing may be signed over these stores: no private keys or the wrong ones, or a lock that was lost.
    ///
    /// Only the very first batch may stand without a released checkpoint, when the process ended between its commit and
    /// its release; beyond that an empty lock cannot say what was acknowledged.
    func reasonNotToSign() async throws(ServiceError) -> ServiceError? {
        guard let identity = ring.identity else { return ring.problem ?? .readOnly }
        do {
            if let reason = try await reasonNotToUse(LogKeys(identity)) { return reason }
            let size = try await log.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
            if size > Self.firstBatch, try lock.current() == nil { return .lockMissing }
            if size > Self.firstBatch, ring.genesis == nil {
                return ServiceError(
                    .unavailable, "keys-incomplete",
                    "keys/\(KeyRing.genesisFile), which pins how this log began, is missing: read-only. Put it back.")
            }
        } catch { throw ServiceError(error) }
        // The first start left one subject there, so that a store that was lost is not taken for a new one.
        if ring.genesis != nil, try await vault.isEmpty() {
            return ServiceError(
                .unavailable, "secrets-missing",
                "The secret store of this log (secrets.db, or the schema cxrledger_secrets) is gone or empty: read-only. Put it back, or restore a backup."
            )
        }
        guard try await vault.opensSecrets() else {
            return ServiceError(
                .unavailable, "wrapping-key-wrong",
                "wrapping.key is not the one that patients' secrets were wrapped with: read-only. Put it back.")
        }
        return nil
    }

    /// Why the private keys in the home cannot sign what comes next; nil when they can, or when the log is behind its
    /// lock, so that entries are missing which may have certified them.
    private func reasonNotToUse(_ keys: LogKeys) async throws(StorageError) -> ServiceError? {
        let note = try lock.current()
        return try await log.read { reader throws(StorageError) -> ServiceError? in
            guard let head = try reader.head(), head.size > 0 else { return nil }
            let certified: CertifiedKeys
            do throws(StorageError) { certified = try keys.certified(reading: reader) } catch {
                guard error.code == .corrupt else { throw error }
                return .keysUncertified
            }
            if keys.signer(.event, at: head.size, in: certified) != nil,
                keys.signer(.checkpoint, at: head.size, in: certified) != nil
            {
                return nil
            }
            switch note.map({ certified.judge($0, of: keys.origin, size: head.size) }) {
            case .later: return nil
            case .signed(let checkpoint) where checkpoint.size > head.size: return nil
            case .signed, .foreign, nil: return .keysUncertified
            }
        }
    }

    /// Puts the keys that the log certified in their places in the home, when a rotation was cut off before it did.
    func settle(_ folder: KeyFolder) async throws(ServiceError) {
        guard let identity = ring.identity else { return }
        let keys = LogKeys(identity)
        let known: (CertifiedKeys, UInt64)?
        do {
            known = try await log.read { reader throws(StorageError) -> (CertifiedKeys, UInt64)? in
                guard let head = try reader.head() else { return nil }
                return (try keys.certified(reading: reader), head.size)
            }
        } catch {
            guard error.code == .corrupt else { throw ServiceError(error) }
            return  // what such a log says of its keys moves no file
        }
        if let (certified, size) = known { try folder.settle(certified, size: size) }
    }
}

extension ServiceError {
    /// The process has keys, and they are not those that the log goes on with.
    static let keysUncertified = ServiceError(
        .unavailable, "keys-uncertified",
        "event.key or checkpoint.key is not the one that the log goes on with: read-only. Put it back, or replace it with the root key (`cxrledger keys rotate`)."
    )
}

import Crypto
import Ledger
import Storage

/// Everything that an application keeps its state in, opened together.
struct Stores: Sendable {
    let ring: KeyRing
    let log: any EventStore
    let views: any ProjectionStore
    let secrets: any SecretStore
    let lock: FileCheckpointLock
    let images: FileBlobStore
    let models: FileBlobStore

    init(_ settings: Settings, home: Home, backend: any StorageBackend) throws(ServiceError) {
        ring = try KeyRing.load(home)
        do throws(StorageError) {
            log = try backend.openLog(origin: ring.origin)
            views = try backend.openProjections(origin: ring.origin)
            secrets = try backend.openSecrets(origin: ring.origin)
            lock = try FileCheckpointLock(path: settings.lock)
            images = FileBlobStore(folder: home.images)
            models = FileBlobStore(folder: home.models)
        } catch { throw ServiceError(error) }
    }

    /// Opens a home in which nothing can be written; lists are made in a folder of their own.
    init(reading settings: Settings, home: Home, backend: any StorageBackend, scratch: String) throws(ServiceError) {
        ring = try KeyRing.load(home, forSigning: false)
        do throws(StorageError) {
            log = try backend.openLog(origin: ring.origin)
            views = try backend.openScratchProjections(origin: ring.origin, folder: scratch)
            secrets = try backend.openSecrets(origin: ring.origin)
            lock = try FileCheckpointLock(reading: settings.lock)
            images = FileBlobStore(folder: home.images)
            models = FileBlobStore(folder: home.models)
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
        guard let identity = ring.identity else { return .readOnly }
        do {
            let first = try await log.read { reader throws(StorageError) in
                try reader.entries(from: 0, limit: 1).first
            }
            if let first, !isCertified(identity, by: first) {
                return ServiceError(
                    .unavailable, "keys-uncertified",
                    "event.key or checkpoint.key is not the one that the pinned root certified: read-only. Put it back."
                )
            }
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
                "The secret store (secrets.db) of this log is gone or empty: read-only. Put it back, or restore a backup."
            )
        }
        guard try await vault.opensSecrets() else {
            return ServiceError(
                .unavailable, "wrapping-key-wrong",
                "wrapping.key is not the one that patients' secrets were wrapped with: read-only. Put it back.")
        }
        return nil
    }

    /// Whether the keys in the home are those that the first entry names, under the pinned root.
    private func isCertified(_ identity: LogIdentity, by first: StoredEntry) -> Bool {
        var auditor = LogAuditor(pinnedRoot: ring.root, origin: ring.origin)
        guard (try? auditor.check([first.bytes])) != nil else { return false }
        return auditor.eventKey == identity.eventKey.publicKey
            && auditor.checkpointKey == identity.checkpointSigner.verifierKey.key
    }
}

import Crypto
import Glibc
import Ledger
import Records
public import Storage

/// The ceremony for a log whose last entries are truly lost: a new log with a new origin goes on for it.
///
/// Its first entry names the old log's last released checkpoint, under the same pinned root. Models, API keys and the
/// secrets of patients are carried over as they were known; the old log is frozen: it is read and verified, never added to.
public enum LogSuccession {
    /// What the ceremony is about, for whoever must confirm it.
    public struct Prospect: Codable, Sendable {
        /// The log that ends.
        public let origin: String
        /// How many of its entries were acknowledged.
        public let acknowledged: UInt64
        /// How many are left, and when the last of them was recorded.
        public let kept: UInt64
        public let lastRecordedAt: String
        public let models: Int
        public let credentials: Int
    }

    /// What the ceremony arrived at.
    public struct Report: Codable, Sendable {
        /// The new log.
        public let origin: String
        public let predecessor: Prospect
        public let home: String
        /// How many entries it begins with.
        public let size: UInt64
        /// What to do next, for people.
        public let sentences: [String]
    }

    /// Verifies what is left of the old log and begins the new one, once `confirm` agrees.
    ///
    /// `rootKey` is the file of the root's private key when it is not kept in the old home, `old` is the log that ends, `new`
    /// an empty home. The answer is nil when it was not confirmed; then nothing was written.
    public static func run(
        reason: String, rootKey: String?, old: (settings: Settings, backend: any StorageBackend),
        new: (settings: Settings, backend: any StorageBackend), _ context: RequestContext,
        progress: @escaping @Sendable (UInt64, UInt64) -> Void, confirm: (Prospect) throws -> Bool
    ) async throws -> Report? {
        let (reason, home) = (try checked(reason), Home(old.settings.home))
        if let report = try await finished(old, new) { return report }
        if let frozen = try FrozenMark.read(home, lock: old.settings.lock) { throw frozen.refusal }
        let ended = try await EndedLog.verified(old.settings, backend: old.backend, progress)
        let root = try key(rootKey, of: ended, old.settings.keyAccess)
        let prospect = Prospect(
            origin: ended.ring.origin, acknowledged: ended.promise.checkpoint.size, kept: ended.head.size,
            lastRecordedAt: Timestamp(microseconds: ended.head.recordedAt).description,
            models: ended.state.models.order.count, credentials: ended.state.credentials.order.count)
        guard try confirm(prospect) else { return nil }
        let successor = Successor(
            ended, root: root, keepsRootKey: rootKey == nil, settings: new.settings, backend: new.backend)
        return try await home.recovering { () async throws(ServiceError) in
            let (origin, genesis, size) = try await successor.begin(
                reason: reason, secrets: try old.backend.allSecrets(of: ended.ring.origin), context)
            let mark = FrozenMark(
                log: ended.ring.origin, successor: origin, genesis: genesis.hex,
                frozenAt: SystemClock.now().description)
            try mark.write(home, lock: old.settings.lock)
            try successor.release()
            return Report(
                origin: origin, predecessor: prospect, home: new.settings.home, size: size,
                sentences: sentences(prospect, new.settings))
        }
    }

    private static func checked(_ reason: String) throws(ServiceError) -> String {
        guard (1...1_000).contains(reason.count), reason.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw ServiceError(.invalid, "reason-invalid", "A reason is 1 to 1000 characters on one line.")
        }
        return reason
    }

    /// Lets a new home be used whose ceremony was interrupted after the old log was frozen.
    private static func finished(
        _ old: (settings: Settings, backend: any StorageBackend),
        _ new: (settings: Settings, backend: any StorageBackend)
    ) async throws(ServiceError) -> Report? {
        let home = Home(new.settings.home)
        guard let frozen = try FrozenMark.read(Home(old.settings.home), lock: old.settings.lock), home.isInitialised,
            try SmallFile.read(home.restoring) == Successor.mark
        else { return nil }
        let ring = try KeyRing.load(home, forSigning: false)
        guard ring.origin == frozen.successor, ring.genesis?.hex == frozen.genesis else { return nil }
        do {
            let head = try await new.backend.openLog(origin: ring.origin).read { reader throws(StorageError) in
                try reader.head() ?? .empty
            }
            try Successor.release(home)
            let promise = try LockedPromise(old.settings.lock).checkpoint
            let prospect = Prospect(
                origin: frozen.log, acknowledged: promise.size, kept: 0, lastRecordedAt: "", models: 0, credentials: 0)
            return Report(
                origin: ring.origin, predecessor: prospect, home: new.settings.home, size: head.size,
                sentences: ["The ceremony had been interrupted after the old log was frozen; it is finished now."])
        } catch { throw ServiceError(wrapping: error) }
    }

    private static func key(
        _ file: String?, of ended: EndedLog, _ access: KeyAccess
    ) throws(ServiceError) -> any Signer {
        guard let key = try KeyFile.read(file ?? ended.home.keys + "/root.key", with: access) else {
            throw ServiceError(
                .unavailable, "root-missing",
                "The root key is needed to begin a log, and there is no \(file ?? ended.home.keys + "/root.key"): name its file with --root."
            )
        }
        guard key.publicKey == ended.ring.root else {
            throw ServiceError(
                .conflict, "root-key-wrong", "This is not the root key that \(ended.home.keys)/root.pub pins.")
        }
        return key
    }

    private static func sentences(_ prospect: Prospect, _ settings: Settings) -> [String] {
        let lost = prospect.acknowledged - min(prospect.kept, prospect.acknowledged)
        return [
            "The new log's first entry names the old one's checkpoint at \(prospect.acknowledged) entries; \(lost) of them are lost. Tell the auditors: their checkpoints and proofs of the old log stay good.",
            "What the lost entries changed is as it was on \(prospect.lastRecordedAt): a key that was rotated or revoked since then is valid again, one that was issued since then is not. Look through `cxrledger credentials list` now, and revoke or rotate what you must.",
            "The old home is read-only for ever. Keep it: pictures and predictions of before are read there.",
            "Start the service with CXRLEDGER_HOME=\(settings.home), back it up, and pin the new log's keys/genesis where the old one was pinned.",
        ]
    }
}

extension StorageBackend {
    /// Every subject's wrapped secret.
    fileprivate func allSecrets(of origin: String) async throws(ServiceError) -> [SubjectRecord] {
        do { return try await openSecrets(origin: origin).all() } catch { throw ServiceError(error) }
    }
}

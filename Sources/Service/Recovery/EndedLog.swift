import Crypto
import Ledger
import Records
import Storage

/// A log whose last entries are lost: what is left of it, verified, and what it had promised.
struct EndedLog {
    let home: Home
    let blobs: Blobs
    let ring: KeyRing
    let promise: LockedPromise
    /// After the entries that are left.
    let head: Head
    let state: ControlState

    /// Verifies every entry that is left.
    ///
    /// - Throws: `log-intact` when nothing is lost, and what stands in the way of verifying it.
    static func verified(
        _ settings: Settings, backend: any StorageBackend, _ progress: (UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> EndedLog {
        let home = Home(settings.home)
        guard try SmallFile.read(home.restoring) == nil else { throw Restore.unfinished(home) }
        let ring = try KeyRing.load(home, forSigning: false)
        let promise = try LockedPromise(settings.lock)
        do {
            let log = try backend.openLog(origin: ring.origin)
            let head = try await log.read { reader throws(StorageError) in try reader.head() ?? .empty }
            var replay = LogReplay(root: ring.root, origin: ring.origin)
            try await replay.read(log, upTo: head) { progress($0, head.size) }
            let isOurs: Bool
            switch replay.keys.judge(promise.signed.note, of: ring.origin, size: head.size) {
            case .signed: isOurs = true
            case .later:
                // Its key was certified by an entry that is lost: then the one that is kept in the home is taken for it.
                let keys = try home.keyFolder(settings.keyAccess).keys().filter { $0.purpose == .checkpoint }
                    .map { VerifierKey(name: ring.origin, key: $0.signer.publicKey) }
                isOurs = (try? Checkpoint(note: promise.signed.note, signedBy: keys)) != nil
            case .foreign: isOurs = false
            }
            guard isOurs else { throw ServiceError(AppendError.lockForeign) }
            if promise.checkpoint.size <= head.size {
                let size = promise.checkpoint.size
                let root = try await log.read { reader throws(StorageError) in
                    try? TileFrontier(size: size, reading: reader).root
                }
                guard root != promise.checkpoint.root else {
                    throw ServiceError(
                        .conflict, "log-intact",
                        "The database holds all \(size) entries that were acknowledged: this log goes on, and no other is begun for it."
                    )
                }
            }
            let state = try await ControlPlane(log: log, ring: ring).current()
            return EndedLog(
                home: home, blobs: Blobs(settings), ring: ring, promise: promise, head: head, state: state)
        } catch { throw ServiceError(wrapping: error) }
    }
}

extension LogReplay {
    /// Replays what a database holds, which must be whole and end where its head says.
    ///
    /// - Throws: `log-damaged`.
    mutating func read(_ log: any EventStore, upTo head: Head, _ progress: (UInt64) -> Void) async throws {
        while self.head.size < head.size {
            let (first, limit) = (self.head.size, Int(min(2_048, head.size - self.head.size)))
            let entries = try await log.read { reader throws(StorageError) in
                try reader.entries(from: first, limit: limit)
            }
            do throws(ServiceError) {
                guard !entries.isEmpty else { throw Self.damaged("Entry \(first) is missing.") }
                _ = try write(entries.map(\.bytes))
            } catch { throw Self.damaged(error.detail) }
            progress(self.head.size)
        }
        guard self.head == head else { throw Self.damaged("Its head is not what its entries make.") }
    }

    private static func damaged(_ what: String) -> ServiceError {
        ServiceError(
            .unavailable, "log-damaged",
            "The database itself is damaged: \(what) Restore the last backup into a new home with --lock, and go on from there."
        )
    }
}

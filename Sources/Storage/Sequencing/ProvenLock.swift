import Concurrency
import Crypto
import Ledger

/// The checkpoint lock as one process deals with it: a note that is found there counts only once it is proved to be
/// signed by the log and to be of a tree that this database continues.
final class ProvenLock: Sendable {
    /// What was proved, so that it is not proved with every batch.
    private struct Known {
        /// The newest checkpoint that this process released or proved.
        var released: (note: String, size: UInt64)?
        /// The one that this process is about to release, of its own tree.
        var offered: String?

        func holds(_ note: String) -> Bool { note == released?.note || note == offered }
    }

    private let lock: any CheckpointLock
    private let keys: LogKeys
    private let observer: AppendStep.Observer
    private let known = Locked(Known())

    init(_ lock: any CheckpointLock, keys: LogKeys, observer: @escaping AppendStep.Observer = { _ in }) {
        (self.lock, self.keys, self.observer) = (lock, keys, observer)
    }

    /// Why nothing may be signed over a head; nil when the lock stands in the same tree, there or before.
    ///
    /// Asked inside the fenced transaction. `isFollowed` says that this process has built the head's tree itself, upon
    /// what it knows.
    func refusal(
        of head: Head, isFollowed: Bool, reading reader: any LogReader
    ) throws(StorageError) -> AppendError? {
        let known = known.withLock { $0 }  // before the lock, which this process itself may move meanwhile
        guard let note = try lock.current() else { return known.released == nil ? nil : .lockLost }
        if isFollowed, known.holds(note) { return nil }
        return try prove(note, after: known, against: head, reading: reader)
    }

    /// Why nothing may be signed at this moment, for health; asked beside everything else that goes on.
    func standing(in store: any EventStore) async throws(StorageError) -> AppendError? {
        let known = known.withLock { $0 }
        guard let note = try lock.current() else { return known.released == nil ? nil : .lockLost }
        return try await prove(note, after: known, in: store)
    }

    /// Locks a checkpoint over at least a head that is committed in the store, signed by the key that counts there.
    ///
    /// - Returns: the signed note; nil when there is no such key, or the lock holds what this log does not continue.
    func release(
        _ head: Head, signedBy signer: (any Signer)?, of store: any EventStore
    ) async throws(StorageError) -> String? {
        let checkpoint = Checkpoint(origin: keys.origin, size: head.size, root: head.root)
        guard let signer, let note = try? checkpoint.sign(by: signer) else { return nil }
        observer(.signed(note: note))
        while true {
            let known = known.withLock { known in
                known.offered = note
                return known
            }
            if let released = known.released, released.size >= head.size { return released.note }
            guard let found = try lock.advance(from: known.released?.note, to: note) else { return nil }
            if found == note {
                remember(note, size: head.size)
                return note
            }
            // Another process was here: of the same log, or of a copy that must not go on.
            guard try await prove(found, after: known, in: store) == nil else { return nil }
        }
    }

    private func prove(
        _ note: String, after known: Known, in store: any EventStore
    ) async throws(StorageError) -> AppendError? {
        try await store.read { [self] reader throws(StorageError) in
            try prove(note, after: known, against: reader.head() ?? .empty, reading: reader)
        }
    }

    /// Proves that the log signed the note, that it is not an older one than was known before the lock was read, and
    /// that the tree of the head continues the note's.
    private func prove(
        _ note: String, after known: Known, against head: Head, reading reader: any LogReader
    ) throws(StorageError) -> AppendError? {
        let locked: Checkpoint
        switch try keys.certified(reading: reader).judge(note, of: keys.origin, size: head.size) {
        case .signed(let checkpoint): locked = checkpoint
        case .later(let size): return .behind(size: head.size, locked: size)
        case .foreign: return .lockForeign
        }
        guard locked.size >= known.released?.size ?? 0 else { return .lockForeign }
        guard locked.size <= head.size else { return .behind(size: head.size, locked: locked.size) }
        let proof: ConsistencyProof
        do { proof = try ConsistencyProof(old: locked.size, new: head.size, reading: reader) } catch {
            throw StorageError(checking: "tree tiles", error)
        }
        guard proof.verify(oldRoot: locked.root, newRoot: head.root) else { return .forked(size: locked.size) }
        remember(note, size: locked.size)
        return nil
    }

    private func remember(_ note: String, size: UInt64) {
        known.withLock { if size > ($0.released?.size ?? 0) { $0.released = (note, size) } }
    }
}

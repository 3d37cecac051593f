import Concurrency
import Ledger
import Storage

/// Reads entries for people, and proves each before it is shown.
///
/// An entry must be in the tree of the released checkpoint, at its index, and its columns must repeat what was signed. An
/// entry that was not released yet is not there. Where the lock cannot vouch for the database, because it is lost or
/// ahead of it, the signatures still do.
struct ProvenLog: Sendable {
    typealias SignedCheckpoint = Ledger.SignedCheckpoint

    /// What was found, and the checkpoint that vouches for all of it.
    struct Found: Sendable {
        let events: [LoggedEvent]
        /// Nil when only the signatures vouch.
        let checkpoint: SignedCheckpoint?
        let keys: CertifiedKeys
        /// How many entries there are for readers.
        let size: UInt64
        /// How many there are, with those that are not released yet, or that were acknowledged and are missing here.
        let committed: UInt64
    }

    let log: any EventStore
    /// Where entries that are past may be fetched; they are proved in the log itself.
    var standby: Standby?
    let lock: any CheckpointLock
    let control: ControlPlane
    /// The note that was verified last and the key that signed it: verifying takes longer than building a proof.
    private let verified = Locked<(signed: SignedCheckpoint, key: VerifierKey)?>(nil)

    let tiles = ProofTiles()

    /// Proves the entries that `find` leads to, on one snapshot, in their order.
    ///
    /// - Throws: `.corrupt` when one of them is not what was recorded.
    func read(
        checkingSignatures: Bool = true,
        _ find: @escaping @Sendable (any LogReader) throws(StorageError) -> [StoredEntry]
    ) async throws(StorageError) -> Found {
        let note = try? lock.current()  // before the log, which goes on meanwhile
        return try await log.read { reader throws(StorageError) in
            let head = try reader.head() ?? .empty
            let keys = try control.keys(reading: reader)
            let locked = note.flatMap { checkpoint($0, keys: keys) }
            let signed = locked.flatMap { $0.checkpoint.size <= head.size ? $0 : nil }
            let (size, root) = signed.map { ($0.checkpoint.size, $0.checkpoint.root) } ?? (head.size, head.root)
            let entries = try find(reader).filter { $0.index < size }
            do {
                var tiles = try ProvenTiles(size: size, root: root, reading: reader)
                for entry in entries where try tiles.leaf(at: entry.index) != Entry.hash(entry.bytes) {
                    throw LedgerError(.proof, "entry \(entry.index) is not in the tree")
                }
            } catch {
                throw StorageError(checking: "entries", error)
            }
            let events = concurrentMap(entries) {
                Self.event($0, keys: checkingSignatures || signed == nil ? keys : nil)
            }
            return Found(
                events: try events.map { event throws(StorageError) in try event.get() }, checkpoint: signed,
                keys: keys,
                size: size, committed: max(head.size, locked?.checkpoint.size ?? 0))
        }
    }

    /// The same of entries below an index, which are fetched from the standby when it has them.
    ///
    /// Entries never change, and these are proved like all others, so what it answers is what the log itself would.
    func past(
        below end: UInt64, checkingSignatures: Bool = true,
        _ find: @escaping @Sendable (any LogReader) throws(StorageError) -> [StoredEntry]
    ) async throws(StorageError) -> Found {
        if let entries = await standby?.read(having: end, find) {
            do throws(StorageError) {
                return try await read(checkingSignatures: checkingSignatures) { _ throws(StorageError) in entries }
            } catch {
                guard error.code == .corrupt else { throw error }
                standby?.avoid()
            }
        }
        return try await read(checkingSignatures: checkingSignatures, find)
    }

    /// The released checkpoint; nil when the lock holds none that the log has signed.
    func checkpoint() async throws(StorageError) -> SignedCheckpoint? {
        guard let note = try lock.current() else { return nil }
        return try await log.read { reader throws(StorageError) in try checkpoint(note, reading: reader) }
    }

    /// The same of a note that was read from the lock before; nil too while the database is behind it.
    func checkpoint(_ note: String?, reading reader: any LogReader) throws(StorageError) -> SignedCheckpoint? {
        guard let note, let signed = checkpoint(note, keys: try control.keys(reading: reader)) else { return nil }
        return signed.checkpoint.size <= (try reader.head()?.size ?? 0) ? signed : nil
    }

    /// Reads a note that the log itself has signed; nil for every other.
    static func checkpoint(_ note: String, keys: CertifiedKeys) -> SignedCheckpoint? {
        guard let origin = keys.origin, let size = try? Checkpoint(note: note).size,
            let key = keys.verifierKey(of: origin, size: size),
            let checkpoint = try? Checkpoint(note: note, signedBy: [key])
        else { return nil }
        return SignedCheckpoint(note: note, checkpoint: checkpoint)
    }

    /// The same, remembering the last one for as long as the same key counts at its size.
    private func checkpoint(_ note: String, keys: CertifiedKeys) -> SignedCheckpoint? {
        func key(of signed: SignedCheckpoint) -> VerifierKey? {
            keys.origin.flatMap { keys.verifierKey(of: $0, size: signed.checkpoint.size) }
        }
        let known = verified.withLock { $0 }
        if let known, known.signed.note.utf8.elementsEqual(note.utf8), key(of: known.signed) == known.key {
            return known.signed
        }
        guard let signed = Self.checkpoint(note, keys: keys), let key = key(of: signed) else { return nil }
        verified.withLock { $0 = (signed, key) }
        return signed
    }

    /// Reads a row and compares its columns, and verifies its signature where keys are given.
    private static func event(_ entry: StoredEntry, keys: CertifiedKeys?) -> Result<LoggedEvent, StorageError> {
        do {
            var keys = keys
            _ = try keys?.check(entry.bytes, at: entry.index)
            let event = try LoggedEvent(entry)
            guard entry.repeats(event.envelope) else { throw LedgerError(.field, "columns of entry \(entry.index)") }
            return .success(event)
        } catch { return .failure(StorageError(checking: "entries", error)) }
    }
}

import Concurrency
import Ledger
import Records
import Storage

/// The control state as the log has it now, folded once and then only from where it stopped.
///
/// The head's epoch is read each time, so a change that any process acknowledged is seen by the next request. A control
/// event counts only when the log's own key has signed it, it follows in its stream, and the tree has it in its place:
/// who can write to the database cannot let a model answer or a key open the door.
struct ControlPlane: Sendable {
    private struct Folded: Sendable {
        var state = ControlState()
        var keys: CertifiedKeys
        /// The last version of each stream that control events have come from.
        var versions: [String: UInt64] = [:]
        var next: UInt64 = 0
    }

    private let log: any EventStore
    private let folded: Locked<Folded>

    init(log: any EventStore, ring: KeyRing) {
        self.log = log
        folded = Locked(Folded(keys: CertifiedKeys(pinnedRoot: ring.root, origin: ring.origin)))
    }

    /// The state as it was when it was last asked for.
    var known: ControlState { folded.withLock { $0.state } }

    func current() async throws(ServiceError) -> ControlState {
        do { return try await log.read { reader throws(StorageError) in try fold(reading: reader).state } } catch {
            throw ServiceError(error)
        }
    }

    /// The keys that entries and checkpoints of this snapshot are signed with.
    func keys(reading reader: any LogReader) throws(StorageError) -> CertifiedKeys { try fold(reading: reader).keys }

    private func fold(reading reader: any LogReader) throws(StorageError) -> Folded {
        var folded = folded.withLock { $0 }
        let head = try reader.head() ?? .empty
        guard head.epoch != folded.state.epoch else { return folded }
        let entries = try reader.controlEntries(from: folded.next)
        do {
            var tiles = try ProvenTiles(size: head.size, root: head.root, reading: reader)
            for entry in entries { try add(entry, to: &folded, &tiles) }
        } catch {
            throw StorageError(checking: "control events", error)
        }
        folded.next = head.size
        guard folded.state.epoch == head.epoch else {
            throw StorageError(.corrupt, detail: "epoch \(head.epoch), but \(folded.state.epoch) control events")
        }
        let result = folded
        self.folded.withLock { if $0.state.epoch < result.state.epoch { $0 = result } }
        return result
    }

    private func add(_ entry: StoredEntry, to folded: inout Folded, _ tiles: inout ProvenTiles) throws {
        guard try tiles.leaf(at: entry.index) == Entry.hash(entry.bytes) else {
            throw LedgerError(.proof, "entry \(entry.index) is not in the tree")
        }
        let envelope = try folded.keys.check(entry.bytes, at: entry.index)
        let event = try LoggedEvent(entry.bytes, envelope, at: entry.index)
        guard entry.repeats(envelope), folded.versions[envelope.stream].map({ envelope.version > $0 }) ?? true else {
            throw LedgerError(.field, "entry \(entry.index) does not follow in its stream")
        }
        folded.versions[envelope.stream] = envelope.version
        folded.state.evolve(with: event.fact)
    }
}

import Crypto
import Ledger
import Records
import Storage

/// Turns stored entries into the batches that a store takes, checking each as an auditor would.
struct LogReplay {
    private var auditor: LogAuditor
    private var last: Envelope?
    /// The state after what was replayed so far.
    private(set) var head = Head.empty

    init(root: Ed25519.PublicKey, origin: String) { auditor = LogAuditor(pinnedRoot: root, origin: origin) }

    /// The root of what was replayed so far.
    var root: Digest { head.root }

    /// The keys of what was replayed so far.
    var keys: CertifiedKeys { auditor.keys }

    /// The key that signs the checkpoint of what was replayed so far.
    var checkpointKey: VerifierKey? {
        guard let origin = auditor.origin, let key = auditor.checkpointKey else { return nil }
        return VerifierKey(name: origin, key: key)
    }

    /// The next entries in index order, as one batch.
    mutating func write(_ entries: [[UInt8]]) throws(ServiceError) -> BatchWrite {
        let first = auditor.size
        do {
            let (envelopes, tiles) = try auditor.check(entries)
            var rows: [StoredEntry] = []
            var idempotency: [IdempotencyRecord] = []
            for (offset, envelope) in envelopes.enumerated() {
                let isControl = EventType(rawValue: envelope.type)?.isControl ?? false
                if isControl { head.epoch += 1 }
                let index = first + UInt64(offset)
                rows.append(
                    StoredEntry(
                        index: index, eventID: envelope.id, stream: envelope.stream, version: envelope.version,
                        type: envelope.type, isControl: isControl, bytes: entries[offset]))
                if let record = IdempotencyRecord(envelope, at: index, after: last) { idempotency.append(record) }
                last = envelope
            }
            head = Head(
                size: auditor.size, root: auditor.edge.root, epoch: head.epoch, recordedAt: auditor.lastRecordedAt)
            return BatchWrite(entries: rows, tiles: tiles, idempotency: idempotency, head: head)
        } catch {
            throw ServiceError(.unprocessable, "backup-damaged", "Entry \(error.index): \(error.sentence)")
        }
    }
}

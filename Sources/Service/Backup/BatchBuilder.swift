import Crypto
import Ledger
import Records
import Storage

/// Makes the rows that a store takes of entries that stand one behind the other.
struct BatchBuilder {
    private var last: Envelope?
    /// The state after what was added so far.
    private(set) var head = Head.empty

    /// The next entries in index order as one batch, with what their tree becomes.
    mutating func batch(
        _ entries: [[UInt8]], _ envelopes: [Envelope], tiles: [HashTile], root: Digest
    ) -> BatchWrite {
        var rows: [StoredEntry] = []
        rows.reserveCapacity(entries.count)
        var idempotency: [IdempotencyRecord] = []
        for (entry, envelope) in zip(entries, envelopes) {
            let isControl = EventType(rawValue: envelope.type)?.isControl ?? false
            let index = head.size + UInt64(rows.count)
            rows.append(
                StoredEntry(
                    index: index, eventID: envelope.id, stream: envelope.stream, version: envelope.version,
                    type: envelope.type, isControl: isControl, bytes: entry))
            if let record = IdempotencyRecord(envelope, at: index, after: last) { idempotency.append(record) }
            last = envelope
        }
        head = Head(
            size: head.size + UInt64(rows.count), root: root,
            epoch: head.epoch + UInt64(rows.count { $0.isControl }),
            recordedAt: last?.recordedAt.microseconds ?? head.recordedAt)
        return BatchWrite(entries: rows, tiles: tiles, idempotency: idempotency, head: head)
    }
}

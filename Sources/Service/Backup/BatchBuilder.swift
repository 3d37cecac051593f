import Crypto
import Ledger
import Records
import Storage

/// Makes the rows that a store takes of entries that stand one behind the other.
struct BatchBuilder {
    private var last: EnvelopeColumns?
    /// The state after what was added so far.
    private(set) var head = Head.empty

    /// The next entries in index order as one batch, with what their tree becomes.
    mutating func batch(
        _ entries: [[UInt8]], _ events: [EnvelopeColumns], tiles: [HashTile], root: Digest
    ) -> BatchWrite {
        var rows: [StoredEntry] = []
        rows.reserveCapacity(entries.count)
        var idempotency: [IdempotencyRecord] = []
        for (entry, event) in zip(entries, events) {
            let isControl = EventType(rawValue: event.type)?.isControl ?? false
            let index = head.size + UInt64(rows.count)
            rows.append(
                StoredEntry(
                    index: index, eventID: event.id, stream: event.stream, version: event.version,
                    type: event.type, isControl: isControl, bytes: entry))
            if let record = IdempotencyRecord(event, at: index, after: last) { idempotency.append(record) }
            last = event
        }
        head = Head(
            size: head.size + UInt64(rows.count), root: root,
            epoch: head.epoch + UInt64(rows.count { $0.isControl }),
            recordedAt: last?.recordedAt.microseconds ?? head.recordedAt)
        return BatchWrite(entries: rows, tiles: tiles, idempotency: idempotency, head: head)
    }
}

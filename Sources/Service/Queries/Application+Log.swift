import CanonicalJSON
import Crypto
import Ledger
import Records
public import Storage

extension Application {
    /// The last released checkpoint, a signed note.
    public func checkpoint(_ context: RequestContext) async throws(ServiceError) -> String {
        try await require(.logRead, for: "checkpoint", context)
        return try currentCheckpoint()
    }

    func currentCheckpoint() throws(ServiceError) -> String {
        do { return try lock.current() ?? "" } catch { throw ServiceError(wrapping: error) }
    }

    /// Raw events for somebody who follows the log.
    public struct EventPage: Sendable {
        public let events: [LoggedEvent]
        /// What to send as `since` the next time: how many events were read.
        public let last: UInt64
        public let isDone: Bool
    }

    /// Events in index order after the first `since`, which the caller has read already; reading the log is an event.
    public func events(
        since: UInt64, limit: Int, _ context: RequestContext
    ) async throws(ServiceError) -> EventPage {
        try await require(.eventRead, for: "events", context)
        do {
            let limit = min(max(1, limit), 1_000)
            let (entries, size) = try await log.read { reader throws(StorageError) in
                (try reader.entries(from: since, limit: limit), try reader.head()?.size ?? 0)
            }
            var events: [LoggedEvent] = []
            for entry in entries { events.append(try LoggedEvent(entry)) }
            let last = events.last.map { $0.index + 1 } ?? min(since, size)
            // A follower at the end asks again and again: that finds nothing, and recording it would never end.
            if !events.isEmpty {
                try await note(
                    .auditLogQueried(
                        .init(operation: "events", filters: ["since=\(since)"], returned: Int64(events.count))),
                    in: "access", context)
            }
            return EventPage(events: events, last: last, isDone: last >= size)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// One event by index or id.
    public func event(_ key: String, _ context: RequestContext) async throws(ServiceError) -> (
        event: LoggedEvent, proof: ProofView
    ) {
        try await require(.eventRead, for: "event", context)
        let proof = try await proof(reading: { reader throws(StorageError) in
            guard let index = UInt64(key) else { return try reader.entry(eventID: key) }
            return try reader.entries(from: index, limit: 1).first { $0.index == index }
        })
        guard let bytes = Base64.decode(proof.entry),
            let envelope = try? Envelope(parsing: Entry(decoding: bytes).envelope),
            let fact = try? StoredFact(type: envelope.type, schema: envelope.schema, payload: envelope.payload)
        else { throw ServiceError(StorageError(.corrupt)) }
        try await note(
            .auditLogQueried(.init(operation: "event", filters: ["index=\(proof.index)"], returned: 1)), in: "access",
            context)
        return (LoggedEvent(index: proof.index, entryHash: Entry.hash(bytes), envelope: envelope, fact: fact), proof)
    }

    /// Proves a stored entry against the released checkpoint, and checks the proof as its reader will.
    func proof(
        reading find: @escaping @Sendable (any LogReader) throws(StorageError) -> StoredEntry?
    ) async throws(ServiceError) -> ProofView {
        let note = try currentCheckpoint()
        let keys = try await certifiedKeys()
        let checkpoint: Checkpoint
        do { checkpoint = try Checkpoint(note: note, signedBy: [keys.checkpoint]) } catch {
            throw ServiceError(
                .unavailable, "checkpoint-invalid",
                "The checkpoint lock holds no note of this log; run `cxrledger verify`.")
        }
        do {
            let (stored, proof) = try await log.read { reader throws(StorageError) -> (StoredEntry, InclusionProof) in
                guard let stored = try find(reader), stored.index < checkpoint.size else {
                    throw StorageError(.missing)
                }
                do {
                    return (stored, try InclusionProof(index: stored.index, size: checkpoint.size, reading: reader))
                } catch {
                    throw StorageError(.corrupt, detail: "proof of \(stored.index): \(error)")
                }
            }
            let text = TLogProof(index: stored.index, hashes: proof.hashes, checkpoint: note).text
            let entry = try? Entry(decoding: stored.bytes)
            let hash = Entry.hash(stored.bytes)
            let subject = entry.flatMap { try? Envelope(parsing: $0.envelope).subject }
            return ProofView(
                index: stored.index, entry: Base64.encode(stored.bytes), entryHash: hash.hex, proof: text,
                checkpoint: note,
                verified: .init(
                    signature: entry?.verify(with: keys.event) ?? false,
                    inclusion: proof.verify(leaf: hash, root: checkpoint.root), checkpoint: true),
                eventKey: Base64.encode(keys.event.bytes), rootKey: Base64.encode(ring.root.bytes),
                checkpointVkey: keys.checkpoint.description, origin: origin, subject: subject)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// The keys that the pinned root certified at index 0.
    func certifiedKeys() async throws(ServiceError) -> (event: Ed25519.PublicKey, checkpoint: VerifierKey) {
        let first: StoredEntry?
        do {
            first = try await log.read { reader throws(StorageError) in try reader.entries(from: 0, limit: 1).first }
        } catch {
            throw ServiceError(error)
        }
        var auditor = LogAuditor(pinnedRoot: ring.root, origin: origin)
        guard let first, (try? auditor.check([first.bytes])) != nil, let event = auditor.eventKey,
            let checkpoint = auditor.checkpointKey.map({ VerifierKey(name: origin, key: $0) })
        else {
            throw ServiceError(
                .unavailable, "keys-uncertified",
                "The log's keys are not certified by the pinned root; run `cxrledger verify`.")
        }
        return (event, checkpoint)
    }
}

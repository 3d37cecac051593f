import Crypto
import Ledger
import Records
public import Storage

extension Application {
    /// The last released checkpoint, a signed note.
    public func checkpoint(_ context: RequestContext) async throws(ServiceError) -> String {
        try await require(.logRead, for: "checkpoint", context)
        do { return try await proven.checkpoint()?.note ?? "" } catch { throw ServiceError(wrapping: error) }
    }

    /// The last checkpoint that the witnesses of TLOG_POLICY cosigned in sufficient number, with their lines.
    ///
    /// - Throws: `not-witnessed` when there is none.
    public func witnessedCheckpoint(_ context: RequestContext) async throws(ServiceError) -> String {
        try await require(.logRead, for: "witnessed", context)
        guard let note = try await witnessedCheckpoint() else {
            throw ServiceError(
                .notFound, "not-witnessed",
                settings.policy == nil
                    ? "No witness is asked here: TLOG_POLICY names no policy."
                    : "No checkpoint has met the quorum of TLOG_POLICY yet; health says why.")
        }
        return note.description
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
        let limit = min(max(1, limit), 1_000)
        do {
            let found = try await proven.past(below: since &+ UInt64(limit)) { reader throws(StorageError) in
                try reader.entries(from: since, limit: limit)
            }
            // A row that is gone is no end of the log, and must not be passed over in silence.
            let due = since..<max(since, min(found.size, since &+ UInt64(limit)))
            guard found.events.map(\.index) == Array(due) else {
                throw StorageError(.corrupt, detail: "entries are missing after \(since)")
            }
            let last = found.events.last.map { $0.index + 1 } ?? min(since, found.size)
            // A follower at the end asks again and again: that finds nothing, and recording it would never end.
            if !found.events.isEmpty {
                try await note(
                    .auditLogQueried(
                        .init(operation: "events", filters: ["since=\(since)"], returned: Int64(found.events.count))),
                    in: "access", context)
            }
            return EventPage(events: found.events, last: last, isDone: last >= found.size)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// One event by index or id.
    public func event(_ key: String, _ context: RequestContext) async throws(ServiceError) -> (
        event: LoggedEvent, proof: ProofView
    ) {
        try await require(.eventRead, for: "event", context)
        let (event, proof) = try await proof(reading: { reader throws(StorageError) in
            guard let index = UInt64(key) else { return try reader.entry(eventID: key) }
            return try reader.entries(from: index, limit: 1).first { $0.index == index }
        })
        try await note(
            .auditLogQueried(.init(operation: "event", filters: ["index=\(event.index)"], returned: 1)), in: "access",
            context)
        return (event, proof)
    }

    /// Proves a stored entry against the released checkpoint, and checks the proof as its reader will.
    func proof(
        reading find: @escaping @Sendable (any LogReader) throws(StorageError) -> StoredEntry?
    ) async throws(ServiceError) -> (event: LoggedEvent, view: ProofView) {
        do {
            let found = try await proven.read { reader throws(StorageError) in try find(reader).map { [$0] } ?? [] }
            guard let signed = found.checkpoint else { throw await unproved() }
            guard let event = found.events.first else { throw StorageError(.missing) }
            let size = signed.checkpoint.size
            guard let eventKey = found.keys.eventKey(at: event.index),
                let checkpointKey = found.keys.checkpointKey(size: size)
            else { throw StorageError(.corrupt, detail: "no keys") }
            let proof = try await log.read { reader throws(StorageError) in
                do { return try InclusionProof(index: event.index, size: size, reading: reader) } catch {
                    throw StorageError(checking: "proof of \(event.index)", error)
                }
            }
            let isSigned = try Entry(decoding: event.bytes).verify(with: eventKey)
            let isIncluded = proof.verify(leaf: event.entryHash, root: signed.checkpoint.root)
            guard isSigned, isIncluded else { throw StorageError(.corrupt, detail: "proof of \(event.index)") }
            let view = ProofView(
                index: event.index, entry: Base64.encode(event.bytes), entryHash: event.entryHash.hex,
                proof: TLogProof(index: event.index, hashes: proof.hashes, checkpoint: signed.note).text,
                checkpoint: signed.note,
                verified: .init(signature: isSigned, inclusion: isIncluded, checkpoint: true),
                eventKey: Base64.encode(eventKey.bytes), rootKey: Base64.encode(ring.root.bytes),
                checkpointVkey: VerifierKey(name: origin, key: checkpointKey).description, origin: origin,
                subject: event.envelope.subject, flags: Self.flags(found.keys, index: event.index, size: size))
            return (event, view)
        } catch { throw ServiceError(wrapping: error) }
    }

    private static func flags(_ keys: CertifiedKeys, index: UInt64, size: UInt64) -> [String] {
        [
            keys.isCompromised(.event, at: index) ? "event-key-compromised" : nil,
            keys.isCheckpointCompromised(size: size) ? "checkpoint-key-compromised" : nil,
        ].compactMap(\.self)
    }

    /// Why nothing can be proved: what stands between lock and database, when that is known.
    func unproved() async -> ServiceError {
        let refusal = (try? await sequencer?.standing()) ?? nil  // a lock that cannot be read says nothing
        return refusal.map { ServiceError($0) } ?? Self.proofUnavailable
    }

    /// How many acknowledged entries are not in this database; nil when all are.
    func missingEntries() async -> UInt64? {
        guard let note = try? lock.current(), let promised = try? Checkpoint(note: note).size,
            let size = try? await log.read({ reader throws(StorageError) in try reader.head()?.size ?? 0 })
        else { return nil }
        return promised > size ? promised - size : nil
    }

    /// What nobody could be given a proof for; of a log that is not the lock's, that says why.
    func explained(_ error: any Error) async -> ServiceError {
        let error = ServiceError(wrapping: error)
        guard error.code == "store-corrupt", let refusal = (try? await sequencer?.standing()) ?? nil else {
            return error
        }
        return ServiceError(refusal)
    }

    static let proofUnavailable = ServiceError(
        .unavailable, "proof-unavailable",
        "The checkpoint lock does not vouch for this database at the moment, so nothing can be proved; health says why."
    )
}

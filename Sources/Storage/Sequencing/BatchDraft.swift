import Crypto
import Ledger

/// A batch while it is made: what was admitted so far, with its places and times, and what that makes of streams, keys
/// and epoch.
struct BatchDraft {
    /// The last event of a stream as the batch has it so far.
    struct StreamEnd {
        let version: UInt64
        let digest: Digest
    }

    /// An event with its place and time, signed ahead or still to be signed.
    struct Numbered: Sendable {
        enum Content: Sendable {
            case signed(SignedEvent)
            case envelope([UInt8], digest: Digest, version: UInt64, recordedAt: Timestamp)
        }

        /// The position of its command in the batch.
        let append: Int
        let proposal: Append.Proposal
        let content: Content
        let signer: any Signer

        var isTooLarge: Bool {
            if case .envelope(let bytes, _, _, _) = content { bytes.count > Entry.maximumEnvelopeSize } else { false }
        }

        var end: StreamEnd {
            switch content {
            case .signed(let event): StreamEnd(version: event.version, digest: event.envelopeDigest)
            case .envelope(_, let digest, let version, _): StreamEnd(version: version, digest: digest)
            }
        }
    }

    private let head: Head
    private let keys: LogKeys
    private let reader: any LogReader
    /// The keys as they are after what was admitted.
    private var certified: CertifiedKeys
    private var ends: [String: StreamEnd?] = [:]
    private var requests: [String: String] = [:]
    /// What the log knows of the commands' idempotency keys.
    private var known: [String: IdempotencyRecord] = [:]
    private(set) var numbered: [Numbered] = []
    private(set) var idempotency: [IdempotencyRecord] = []
    private(set) var epoch: UInt64
    private(set) var recordedAt: Int64

    init(head: Head, keys: LogKeys, certified: CertifiedKeys, reader: any LogReader) {
        (self.head, self.keys, self.certified, self.reader) = (head, keys, certified, reader)
        (epoch, recordedAt) = (head.epoch, head.recordedAt)
    }

    /// Asks the log for all that the commands depend on, at once: each question may be a trip to a server.
    mutating func read(_ candidates: [Candidate]) throws(StorageError) {
        let keys = candidates.compactMap(\.append.idempotency).map { ($0.principal, $0.key) }
        for record in try reader.idempotency(keys) { known[record.name] = record }
        var streams = Set<String>()
        for append in candidates.map(\.append) {
            streams.formUnion(append.preconditions.keys)
            streams.formUnion(append.proposals.map(\.draft.stream))
        }
        for stream in streams { ends.updateValue(nil, forKey: stream) }
        for last in try reader.last(of: Array(streams)) {
            do {
                let digest = try Entry(decoding: last.bytes).envelopeDigest
                ends[last.stream] = StreamEnd(version: last.version, digest: digest)
            } catch { throw StorageError(.corrupt, detail: "entry \(last.index)") }
        }
    }

    private var next: UInt64 { head.size + UInt64(numbered.count) }

    /// What signs checkpoints over a head, as the batch leaves the keys.
    func checkpointSigner(_ head: Head) -> (any Signer)? {
        keys.signer(.checkpoint, at: max(head.size, 1) - 1, in: certified)
    }

    /// Admits a command as a whole, or says why not.
    mutating func add(_ candidate: Candidate, _ position: Int) throws(StorageError) -> BatchPlan.Outcome {
        let append = candidate.append
        if let repetition = try repetition(of: append) { return repetition }
        if let key = append.idempotency, let earlier = requests[IdempotencyRecord.name(key.principal, key.key)] {
            // A duplicate inside the batch: its next try finds what the first one recorded.
            return .refused(earlier == key.request ? .inFlight : .idempotencyMismatch)
        }
        if let decided = append.epoch, decided != epoch { return .refused(.staleEpoch) }
        if let stream = broken(append.preconditions) { return .refused(.conflict(stream: stream)) }
        let time = Timestamp(microseconds: max(candidate.acceptedAt.microseconds, recordedAt))
        let additions: [Numbered]
        let (changed, certified): ([String: StreamEnd?], CertifiedKeys)
        switch place(candidate, position, at: time) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let placed): (additions, changed, certified) = placed
        }
        guard !additions.contains(where: \.isTooLarge) else {
            return .refused(.invalid("an event is larger than 32 KiB"))
        }
        if let key = append.idempotency {
            requests[IdempotencyRecord.name(key.principal, key.key)] = key.request
            idempotency.append(.init(principal: key.principal, key: key.key, request: key.request, index: next))
        }
        ends.merge(changed) { $1 }
        (self.certified, recordedAt) = (certified, time.microseconds)
        epoch += UInt64(append.proposals.count(where: \.isControl))
        numbered += additions
        return .recorded([])
    }

    /// The rows of the batch, once it is signed.
    func entries(of events: [SignedEvent]) -> [StoredEntry] {
        zip(numbered, events).enumerated().map { offset, pair in
            let (place, event) = pair
            return StoredEntry(
                index: head.size + UInt64(offset), eventID: place.proposal.draft.id,
                stream: place.proposal.draft.stream,
                version: event.version, type: place.proposal.draft.type, isControl: place.proposal.isControl,
                bytes: event.bytes)
        }
    }

    /// Gives the events of a command their places, with what that makes of their streams and of the keys.
    private mutating func place(
        _ candidate: Candidate, _ position: Int, at time: Timestamp
    ) -> Result<([Numbered], [String: StreamEnd?], CertifiedKeys), AppendError> {
        keys.add(candidate.append.signers)
        var additions: [Numbered] = []
        var changed: [String: StreamEnd?] = [:]
        var certified = certified
        for (proposal, signed) in zip(candidate.append.proposals, candidate.signed) {
            let (draft, index) = (proposal.draft, next + UInt64(additions.count))
            do throws(LedgerFinding) {
                try certified.admit(
                    type: draft.type, stream: draft.stream, payload: draft.payload, log: keys.origin, at: index)
            } catch { return .failure(.invalid(error.sentence)) }
            // What is committed must be acknowledged too, so the key for the checkpoint is asked for as well.
            guard let signer = keys.signer(.event, at: index, in: certified),
                keys.signer(.checkpoint, at: index, in: certified) != nil
            else { return .failure(.readOnly) }
            let end = (changed[draft.stream] ?? ends[draft.stream]) ?? nil
            let content = content(of: draft, signed: signed, by: signer, after: end, at: time)
            let addition = Numbered(append: position, proposal: proposal, content: content, signer: signer)
            changed[draft.stream] = addition.end
            additions.append(addition)
        }
        return .success((additions, changed, certified))
    }

    /// What was signed ahead, when it stands where the event goes; otherwise the envelope to sign.
    private func content(
        of draft: EnvelopeDraft, signed: SignedEvent?, by signer: any Signer, after end: StreamEnd?, at time: Timestamp
    ) -> Numbered.Content {
        if let signed, end == nil, signed.recordedAt == time, signed.keyID == signer.publicKey.keyID {
            return .signed(signed)
        }
        let version = end.map { $0.version + 1 } ?? 0
        let envelope = draft.envelope(log: keys.origin, version: version, previous: end?.digest, recordedAt: time)
        return .envelope(envelope, digest: SHA256.hash(envelope), version: version, recordedAt: time)
    }

    private func repetition(of append: Append) throws(StorageError) -> BatchPlan.Outcome? {
        guard let key = append.idempotency,
            let record = known[IdempotencyRecord.name(key.principal, key.key)]
        else { return nil }
        guard record.request == key.request else { return .refused(.idempotencyMismatch) }
        let stored = try reader.entries(from: record.index, limit: append.proposals.count)
        return .repetition(stored.map(Receipt.Recorded.init))
    }

    private func broken(_ preconditions: [String: Append.Expectation]) -> String? {
        for (stream, expectation) in preconditions {
            let end = ends[stream] ?? nil
            switch expectation {
            case .absent: if end != nil { return stream }
            case .version(let version): if end?.version != version { return stream }
            }
        }
        return nil
    }
}

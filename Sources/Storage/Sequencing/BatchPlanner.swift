import Concurrency
import Crypto
import Dispatch
import Ledger

/// What a batch will write, and what each of its commands will hear once it is committed.
struct BatchPlan: Sendable {
    enum Outcome: Sendable {
        case recorded([Receipt.Recorded])
        case repetition([Receipt.Recorded])
        case refused(AppendError)
    }

    /// Nil when every command was refused or a repetition.
    let write: BatchWrite?
    /// The state that the log has once the plan is committed.
    let head: Head
    let tree: TreeState
    let outcomes: [Outcome]

    /// Whether any command will be told that its events are in the log.
    var acknowledges: Bool {
        outcomes.contains { if case .refused = $0 { false } else { true } }
    }

    /// What each command hears.
    ///
    /// Without a released checkpoint nobody may rely on the events
    /// yet; a repetition finds them by its idempotency key.
    func results(checkpoint: String?) -> [Result<Receipt, AppendError>] {
        outcomes.map { outcome in
            switch (outcome, checkpoint) {
            case (.refused(let error), _): .failure(error)
            case (_, nil): .failure(.outcomeUnknown)
            case (.recorded(let events), let note?):
                .success(.init(events: events, checkpoint: note, isRepetition: false))
            case (.repetition(let events), let note?):
                .success(.init(events: events, checkpoint: note, isRepetition: true))
            }
        }
    }
}

/// Turns queued commands into one batch, inside the fenced transaction: checks, drops losers, numbers, hashes, and signs
/// what could not be signed before.
struct BatchPlanner: Sendable {
    let candidates: [Candidate]
    let identity: LogIdentity
    let lock: ProvenLock
    let tree: TreeState

    /// The last event of a stream as the batch has it so far.
    private struct StreamEnd {
        let version: UInt64
        let digest: Digest
    }

    /// An event with its place and time, signed ahead or still to be signed.
    private struct Numbered: Sendable {
        enum Content: Sendable {
            case signed(SignedEvent)
            case envelope([UInt8], digest: Digest, version: UInt64, recordedAt: Timestamp)
        }

        let append: Int
        let proposal: Append.Proposal
        let content: Content

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

    func plan(reading reader: any LogReader) throws(StorageError) -> BatchPlan {
        let head = try reader.head() ?? .empty
        let isFollowed = tree.root == head.root
        if let refusal = try lock.refusal(of: head, isFollowed: isFollowed, reading: reader) {
            return BatchPlan(write: nil, head: head, tree: tree, outcomes: candidates.map { _ in .refused(refusal) })
        }
        var tree = isFollowed ? tree : try TreeState.load(size: head.size, from: reader)
        guard tree.root == head.root else { throw StorageError(.corrupt, detail: "the tree is not the head's") }
        var recordedAt = head.recordedAt
        var ends: [String: StreamEnd?] = [:]
        var keys: [String: String] = [:]
        var outcomes: [BatchPlan.Outcome] = []
        var numbered: [Numbered] = []
        var idempotency: [IdempotencyRecord] = []
        var epoch = head.epoch
        for (position, candidate) in candidates.enumerated() {
            let append = candidate.append
            if let repetition = try repetition(of: append, reading: reader) {
                outcomes.append(repetition)
                continue
            }
            if let key = append.idempotency, let earlier = keys[key.principal + "\u{0}" + key.key] {
                // A duplicate inside the batch: its next try finds what the first one recorded.
                outcomes.append(.refused(earlier == key.request ? .inFlight : .idempotencyMismatch))
                continue
            }
            if let decided = append.epoch, decided != epoch {
                outcomes.append(.refused(.staleEpoch))
                continue
            }
            if let stream = try broken(append.preconditions, ends: &ends, reading: reader) {
                outcomes.append(.refused(.conflict(stream: stream)))
                continue
            }
            let time = Timestamp(microseconds: max(candidate.acceptedAt.microseconds, recordedAt))
            var additions: [Numbered] = []
            var changed: [String: StreamEnd?] = [:]
            for (proposal, signed) in zip(append.proposals, candidate.signed) {
                let stream = proposal.draft.stream
                let end =
                    if let known = changed[stream] { known } else { try end(of: stream, in: &ends, reading: reader) }
                let content = content(of: proposal.draft, signed: signed, after: end, at: time)
                let addition = Numbered(append: position, proposal: proposal, content: content)
                changed[stream] = addition.end
                additions.append(addition)
            }
            guard !additions.contains(where: \.isTooLarge) else {
                outcomes.append(.refused(.invalid("an event is larger than 32 KiB")))
                continue
            }
            ends.merge(changed) { $1 }
            recordedAt = time.microseconds
            epoch += UInt64(append.proposals.count(where: \.isControl))
            if let key = append.idempotency {
                keys[key.principal + "\u{0}" + key.key] = key.request
                let index = head.size + UInt64(numbered.count)
                idempotency.append(.init(principal: key.principal, key: key.key, request: key.request, index: index))
            }
            numbered += additions
            outcomes.append(.recorded([]))
        }
        guard !numbered.isEmpty else { return BatchPlan(write: nil, head: head, tree: tree, outcomes: outcomes) }
        let events = sign(numbered)
        let tiles = tree.append(events.map(\.hash))
        var entries: [StoredEntry] = []
        entries.reserveCapacity(events.count)
        var recorded: [[Receipt.Recorded]] = candidates.map { _ in [] }
        for (place, event) in zip(numbered, events) {
            let (index, draft) = (head.size + UInt64(entries.count), place.proposal.draft)
            entries.append(
                StoredEntry(
                    index: index, eventID: draft.id, stream: draft.stream, version: event.version, type: draft.type,
                    isControl: place.proposal.isControl, bytes: event.bytes))
            recorded[place.append].append(
                .init(index: index, eventID: draft.id, entryHash: event.hash, bytes: event.bytes))
        }
        for position in outcomes.indices {
            if case .recorded = outcomes[position] { outcomes[position] = .recorded(recorded[position]) }
        }
        let next = Head(
            size: head.size + UInt64(entries.count), root: tree.root, epoch: epoch, recordedAt: recordedAt)
        let write = BatchWrite(entries: entries, tiles: tiles, idempotency: idempotency, head: next)
        return BatchPlan(write: write, head: next, tree: tree, outcomes: outcomes)
    }

    /// What was signed ahead, when it stands where the event goes; otherwise the envelope to sign.
    private func content(
        of draft: EnvelopeDraft, signed: SignedEvent?, after end: StreamEnd?, at time: Timestamp
    ) -> Numbered.Content {
        if let signed, end == nil, signed.recordedAt == time { return .signed(signed) }
        let version = end.map { $0.version + 1 } ?? 0
        let envelope = draft.envelope(log: identity.origin, version: version, previous: end?.digest, recordedAt: time)
        return .envelope(envelope, digest: SHA256.hash(envelope), version: version, recordedAt: time)
    }

    private func repetition(
        of append: Append, reading reader: any LogReader
    ) throws(StorageError) -> BatchPlan.Outcome? {
        guard let key = append.idempotency,
            let record = try reader.idempotency(principal: key.principal, key: key.key)
        else { return nil }
        guard record.request == key.request else { return .refused(.idempotencyMismatch) }
        let stored = try reader.entries(from: record.index, limit: append.proposals.count)
        return .repetition(stored.map(Receipt.Recorded.init))
    }

    private func broken(
        _ preconditions: [String: Append.Expectation], ends: inout [String: StreamEnd?], reading reader: any LogReader
    ) throws(StorageError) -> String? {
        for (stream, expectation) in preconditions {
            let end = try end(of: stream, in: &ends, reading: reader)
            switch expectation {
            case .absent: if end != nil { return stream }
            case .version(let version): if end?.version != version { return stream }
            }
        }
        return nil
    }

    private func end(
        of stream: String, in ends: inout [String: StreamEnd?], reading reader: any LogReader
    ) throws(StorageError) -> StreamEnd? {
        if let known = ends[stream] { return known }
        var end: StreamEnd?
        if let last = try reader.last(of: stream) {
            do {
                end = StreamEnd(version: last.version, digest: try Entry(decoding: last.bytes).envelopeDigest)
            } catch { throw StorageError(.corrupt, detail: "entry \(last.index)") }
        }
        ends[stream] = .some(end)
        return end
    }

    /// Signs in parallel what is not signed yet; the predecessors' digests are known, so none waits for another.
    private func sign(_ events: [Numbered]) -> [SignedEvent] {
        let key = identity.eventKey
        return concurrentMap(events) { event in
            switch event.content {
            case .signed(let event): event
            case .envelope(let bytes, let digest, let version, let recordedAt):
                SignedEvent(bytes, digest: digest, version: version, recordedAt: recordedAt, key: key)
            }
        }
    }
}

extension Receipt.Recorded {
    init(_ stored: StoredEntry) {
        self.init(
            index: stored.index, eventID: stored.eventID, entryHash: Entry.hash(stored.bytes), bytes: stored.bytes)
    }
}

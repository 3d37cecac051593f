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

    /// The state of the log that it goes upon.
    let start: Head
    /// Nil when every command was refused or a repetition.
    let write: BatchWrite?
    /// The state that the log has once the plan is committed.
    let head: Head
    let tree: TreeState
    let outcomes: [Outcome]
    /// The key that counts for a checkpoint over the head, when it is here.
    let checkpointSigner: (any Signer)?

    /// Whether the log has what it writes; not when it writes nothing.
    func isStored(in reader: any LogReader) throws(StorageError) -> Bool {
        guard let entry = write?.entries.first else { return false }
        return try reader.entry(eventID: entry.eventID) == entry
    }

    /// Whether every command is recorded.
    var isWhole: Bool {
        outcomes.allSatisfy { if case .recorded = $0 { true } else { false } }
    }

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
    let keys: LogKeys
    let lock: ProvenLock
    let tree: TreeState

    func plan(reading reader: any LogReader) throws(StorageError) -> BatchPlan {
        let head = try reader.head() ?? .empty
        let isFollowed = tree.root == head.root
        if let refusal = try lock.refusal(of: head, isFollowed: isFollowed, reading: reader) {
            let outcomes = candidates.map { _ in BatchPlan.Outcome.refused(refusal) }
            return BatchPlan(
                start: head, write: nil, head: head, tree: tree, outcomes: outcomes, checkpointSigner: nil)
        }
        var tree = isFollowed ? tree : try TreeState.load(size: head.size, from: reader)
        guard tree.root == head.root else { throw StorageError(.corrupt, detail: "the tree is not the head's") }
        var draft = BatchDraft(head: head, keys: keys, certified: try keys.certified(reading: reader), reader: reader)
        try draft.read(candidates)
        var outcomes: [BatchPlan.Outcome] = []
        for (position, candidate) in candidates.enumerated() { outcomes.append(try draft.add(candidate, position)) }
        let events: [SignedEvent]
        do { events = try sign(draft.numbered) } catch {
            outcomes = outcomes.map { if case .recorded = $0 { .refused(.signerUnavailable) } else { $0 } }
            events = []
        }
        guard !events.isEmpty else {
            return BatchPlan(
                start: head, write: nil, head: head, tree: tree, outcomes: outcomes,
                checkpointSigner: draft.checkpointSigner(head))
        }
        let tiles = tree.append(events.map(\.hash))
        let entries = draft.entries(of: events)
        var recorded: [[Receipt.Recorded]] = candidates.map { _ in [] }
        for (place, (entry, event)) in zip(draft.numbered, zip(entries, events)) {
            recorded[place.append].append(
                .init(index: entry.index, eventID: entry.eventID, entryHash: event.hash, bytes: event.bytes))
        }
        for position in outcomes.indices {
            if case .recorded = outcomes[position] { outcomes[position] = .recorded(recorded[position]) }
        }
        let next = Head(
            size: head.size + UInt64(entries.count), root: tree.root, epoch: draft.epoch, recordedAt: draft.recordedAt)
        let write = BatchWrite(entries: entries, tiles: tiles, idempotency: draft.idempotency, head: next)
        return BatchPlan(
            start: head, write: write, head: next, tree: tree, outcomes: outcomes,
            checkpointSigner: draft.checkpointSigner(next))
    }

    /// Signs in parallel what is not signed yet; the predecessors' digests are known, so none waits for another.
    private func sign(_ events: [BatchDraft.Numbered]) throws(CryptoError) -> [SignedEvent] {
        let results = concurrentMap(events) { event in
            switch event.content {
            case .signed(let event): Result<SignedEvent, CryptoError>.success(event)
            case .envelope(let bytes, let digest, let version, let recordedAt):
                Result { () throws(CryptoError) in
                    try SignedEvent(
                        bytes, digest: digest, version: version, recordedAt: recordedAt, signer: event.signer)
                }
            }
        }
        var signed: [SignedEvent] = []
        signed.reserveCapacity(results.count)
        for result in results { signed.append(try result.get()) }
        return signed
    }
}

extension Receipt.Recorded {
    init(_ stored: StoredEntry) {
        self.init(
            index: stored.index, eventID: stored.eventID, entryHash: Entry.hash(stored.bytes), bytes: stored.bytes)
    }
}

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
    let tree: TreeState
    let outcomes: [Outcome]

    func results(checkpoint: String) -> [Result<Receipt, AppendError>] {
        outcomes.map { outcome in
            switch outcome {
            case .recorded(let events):
                .success(Receipt(events: events, checkpoint: checkpoint, isRepetition: false))
            case .repetition(let events):
                .success(Receipt(events: events, checkpoint: checkpoint, isRepetition: true))
            case .refused(let error): .failure(error)
            }
        }
    }
}

/// Turns queued commands into one batch, inside the fenced transaction: checks, drops losers, numbers, signs, hashes.
struct BatchPlanner: Sendable {
    let appends: [Append]
    let identity: LogIdentity
    let lock: any CheckpointLock
    let now: Timestamp
    let tree: TreeState
    let treeSize: UInt64

    /// The last event of a stream as the batch has it so far.
    private struct StreamEnd {
        let version: UInt64
        let digest: Digest
    }

    /// An event with its place and its envelope, before it is signed.
    private struct Numbered: Sendable {
        let append: Int
        let proposal: Append.Proposal
        let version: UInt64
        let envelope: [UInt8]
    }

    func plan(reading reader: any LogReader) throws(StorageError) -> BatchPlan {
        let head = try reader.head() ?? .empty
        if let refusal = try refusal(of: head) {
            return BatchPlan(write: nil, tree: tree, outcomes: appends.map { _ in .refused(refusal) })
        }
        let recordedAt = max(now.microseconds, head.recordedAt)
        var ends: [String: StreamEnd?] = [:]
        var keys: [String: (append: Int, request: String)] = [:]
        var outcomes: [BatchPlan.Outcome] = []
        var numbered: [Numbered] = []
        var idempotency: [IdempotencyRecord] = []
        var epoch = head.epoch
        for (position, append) in appends.enumerated() {
            if let repetition = try repetition(of: append, reading: reader) {
                outcomes.append(repetition)
                continue
            }
            if let key = append.idempotency, let earlier = keys[key.principal + "\u{0}" + key.key] {
                // A duplicate inside the batch: its next try finds what the first one recorded.
                outcomes.append(.refused(earlier.request == key.request ? .inFlight : .idempotencyMismatch))
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
            var additions: [Numbered] = []
            var changed: [String: StreamEnd?] = [:]
            for proposal in append.proposals {
                let stream = proposal.draft.stream
                let end =
                    if let known = changed[stream] { known } else { try end(of: stream, in: &ends, reading: reader) }
                let version = end.map { $0.version + 1 } ?? 0
                let envelope = proposal.draft.envelope(
                    log: identity.origin, version: version, previous: end?.digest,
                    recordedAt: Timestamp(microseconds: recordedAt))
                changed[stream] = StreamEnd(version: version, digest: SHA256.hash(envelope))
                additions.append(Numbered(append: position, proposal: proposal, version: version, envelope: envelope))
            }
            guard additions.allSatisfy({ $0.envelope.count <= Entry.maximumEnvelopeSize }) else {
                outcomes.append(.refused(.invalid("an event is larger than 32 KiB")))
                continue
            }
            ends.merge(changed) { $1 }
            epoch += UInt64(append.proposals.count(where: \.isControl))
            if let key = append.idempotency {
                keys[key.principal + "\u{0}" + key.key] = (position, key.request)
                let index = head.size + UInt64(numbered.count)
                idempotency.append(.init(principal: key.principal, key: key.key, request: key.request, index: index))
            }
            numbered += additions
            outcomes.append(.recorded([]))
        }
        guard !numbered.isEmpty else { return BatchPlan(write: nil, tree: tree, outcomes: outcomes) }
        let (entries, hashes) = sign(numbered, from: head.size)
        var tree = treeSize == head.size ? tree : try TreeState.load(size: head.size, from: reader)
        guard tree.root == head.root else { throw StorageError(.corrupt, detail: "the tree is not the head's") }
        let tiles = tree.append(hashes)
        for (offset, event) in numbered.enumerated() {
            guard case .recorded(let events) = outcomes[event.append] else { continue }
            let recorded = Receipt.Recorded(
                index: entries[offset].index, eventID: event.proposal.draft.id, entryHash: hashes[offset],
                bytes: entries[offset].bytes)
            outcomes[event.append] = .recorded(events + [recorded])
        }
        let size = head.size + UInt64(entries.count)
        let next = Head(size: size, root: tree.root, epoch: epoch, recordedAt: recordedAt)
        let write = BatchWrite(entries: entries, tiles: tiles, idempotency: idempotency, head: next)
        return BatchPlan(write: write, tree: tree, outcomes: outcomes)
    }

    /// Why nothing may be signed over this head: the lock knows a larger tree, or another one.
    private func refusal(of head: Head) throws(StorageError) -> AppendError? {
        guard let note = try lock.current(), let locked = try? Checkpoint(note: note) else { return nil }
        guard locked.size <= head.size else { return .behind(size: head.size, locked: locked.size) }
        return locked.size == head.size && locked.root != head.root ? .forked(size: head.size) : nil
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

    /// Signs in parallel; the predecessor digests were fixed before, so no signature waits for another.
    private func sign(_ events: [Numbered], from size: UInt64) -> (entries: [StoredEntry], hashes: [Digest]) {
        let key = identity.eventKey
        let signed = concurrentMap(events) { event in
            let bytes = Entry.encode(envelope: event.envelope, key: key)
            return (bytes, Entry.hash(bytes))
        }
        let entries = zip(events, signed).enumerated().map { offset, pair in
            let draft = pair.0.proposal.draft
            return StoredEntry(
                index: size + UInt64(offset), eventID: draft.id, stream: draft.stream, version: pair.0.version,
                type: draft.type, isControl: pair.0.proposal.isControl, bytes: pair.1.0)
        }
        return (entries, signed.map(\.1))
    }
}

extension Receipt.Recorded {
    init(_ stored: StoredEntry) {
        self.init(
            index: stored.index, eventID: stored.eventID, entryHash: Entry.hash(stored.bytes), bytes: stored.bytes)
    }
}
